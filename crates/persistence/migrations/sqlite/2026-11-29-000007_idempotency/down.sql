-- Only for tests: keys of requests that are repeated later would be unknown.
drop table idempotency_replay;
