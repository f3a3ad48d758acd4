// Before the first paint, so that nobody is dazzled: the theme that was chosen here.
"use strict";
{
  let chosen = null;
  try { chosen = localStorage.getItem("theme"); } catch { /* storage is shut */ }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
}
