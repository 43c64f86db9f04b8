"""Shared helpers of the tab's sections: the add-on's folders, drawing, reporting, icons."""
