"""Motion-textual inversion (Reenact Anything): the tokens, their optimization and sampling."""
