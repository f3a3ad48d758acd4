// What is chosen in a list stays chosen when the list is fetched anew.
"use strict";

{
  const chosen = new Set();
  const boxes = () => [...document.querySelectorAll("#tickets input[name=key]")];
  const every = () => document.querySelector("[data-chooses=key]");
  const show = () => {
    for (const box of boxes()) box.checked = chosen.has(box.value);
    if (every()) every().checked = boxes().length > 0 && boxes().every((box) => box.checked);
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-chooses=key]"))
      for (const box of boxes()) event.target.checked ? chosen.add(box.value) : chosen.delete(box.value);
    else if (event.target.matches("#tickets input[name=key]"))
      event.target.checked ? chosen.add(event.target.value) : chosen.delete(event.target.value);
    else return;
    show();
  });
  document.addEventListener("htmx:after:swap", show);
  for (const box of boxes()) if (box.checked) chosen.add(box.value);
}
