//! The domain's stores on SQLite and PostgreSQL, written with diesel.
