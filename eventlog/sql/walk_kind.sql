-- What is each object type in this walk? -1 the case, 0 an item, 1 and up a document to follow
CREATE TEMP TABLE w_kind AS SELECT unnest($1::VARCHAR[]) AS type, unnest($2::INTEGER[]) AS kind
