//! Tests the routes of contacts.
