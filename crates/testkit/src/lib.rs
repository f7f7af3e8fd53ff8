//! Contract suites for every port, fakes with memory, samples and a throw-away PostgreSQL.
