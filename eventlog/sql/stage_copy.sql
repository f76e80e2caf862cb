-- Which rows were read? (into a file)
COPY (FROM {view}) TO {file} (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)
