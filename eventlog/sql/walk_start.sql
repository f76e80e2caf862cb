-- Where does each case begin? With its object.
CREATE TEMP TABLE w_reach AS
SELECT object AS case_object, object FROM w_object WHERE kind = -1
