//! The rules of the house as a test: arrows, sizes, first sentences, banned names.
