-- Which group is each of them in?
CREATE TEMP TABLE r_member AS
SELECT g.object, g.part FROM r_group AS g JOIN r_object USING (object)
