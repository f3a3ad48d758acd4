"""Complaint rules and house policy: packs from disk, calendars, clocks' arithmetic."""
