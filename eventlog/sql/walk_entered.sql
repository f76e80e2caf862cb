-- Which documents have been entered?
INSERT INTO w_reach FROM w_enter
