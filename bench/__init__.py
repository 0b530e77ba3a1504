"""sparkgate's judgement: reads a record, decides, renders. Starts no runtime (bench/suite excepted)."""
