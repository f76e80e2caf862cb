-- What has been reached?
INSERT INTO w_reach FROM w_front
