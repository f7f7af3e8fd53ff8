drop table idempotent_answer;
