//! The tables of both databases; only timestamps and ids are stored differently.

mod personal;

pub(crate) use personal::{
    account, announcement, announcement_editor, announcement_recipient, application, bounce,
    contact, contact_editor, contact_version, legal_hold, look_alike, person, person_version,
    purge_receipt,
};

use diesel::query_builder::QueryId;
use diesel::sql_types::{SqlOrd, SqlType};

/// A timestamp: `timestamptz` on PostgreSQL, microseconds since 1970 on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

impl SqlOrd for Instant {}

/// A UUID: `uuid` on PostgreSQL, 16 bytes on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Id;

diesel::table! {
    members (member_id) {
        member_id -> Text,
        arrangement_id -> Text,
        product_name -> Text,
        registered_level -> Nullable<Text>,
        confirmed_level -> Nullable<Text>,
        confirmed_manually -> Bool,
        target_level -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    upgrade_case (case_id) {
        case_id -> Id,
        member_id -> Text,
        attempt -> Integer,
        state -> Text,
        version -> Integer,
        qr_serial -> Integer,
        qr_expires_at -> Instant,
        opened_at -> Instant,
        check_source -> Nullable<Text>,
        check_reference -> Nullable<Text>,
        checked_at -> Nullable<Instant>,
        decided_at -> Nullable<Instant>,
        target_level -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Id;
    upgrade_qr (token_hash) {
        token_hash -> Binary,
        case_id -> Id,
        serial -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    upgrade_history (case_id, version) {
        case_id -> Id,
        version -> Integer,
        from_state -> Nullable<Text>,
        to_state -> Text,
        why -> Text,
        actor_issuer -> Text,
        actor_subject -> Text,
        actor_kind -> Text,
        at -> Instant,
        correlation -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Id;
    upgrade_check (source, reference) {
        source -> Text,
        reference -> Text,
        case_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    effect (id, kind) {
        kind -> Text,
        id -> Id,
        subject_kind -> Text,
        subject_id -> Nullable<Text>,
        ordering -> Text,
        ordering_key -> Text,
        upstream_id -> Text,
        payload_version -> Integer,
        payload -> Text,
        correlation -> Text,
        planned_at -> Instant,
        state -> Text,
        fence -> Integer,
        worker -> Nullable<Text>,
        due_at -> Nullable<Instant>,
        code -> Nullable<Text>,
        unsent -> Integer,
        ambiguous -> Integer,
        ambiguous_us -> BigInt,
        since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    effect_evidence (evidence_id) {
        evidence_id -> BigInt,
        kind -> Text,
        id -> Id,
        fence -> Integer,
        worker -> Text,
        outcome -> Text,
        detail -> Text,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    resolution (resolution_id) {
        resolution_id -> Id,
        kind -> Text,
        id -> Id,
        effect_fence -> Integer,
        effect_since -> Instant,
        data_key_id -> Id,
        salt -> Binary,
        outcome -> Text,
        reason -> Binary,
        evidence -> Nullable<Binary>,
        proposed_at -> Instant,
        proposer_issuer -> Text,
        proposer_subject -> Text,
        proposer_kind -> Text,
        lapses_at -> Instant,
        state -> Text,
        closed_at -> Nullable<Instant>,
        closed_issuer -> Nullable<Text>,
        closed_subject -> Nullable<Text>,
        closed_kind -> Nullable<Text>,
    }
}

diesel::table! {
    audit_head (stream) {
        stream -> Integer,
        seq -> BigInt,
        link -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Instant;
    audit_entry (stream, seq) {
        stream -> Integer,
        seq -> BigInt,
        action -> Text,
        about_kind -> Text,
        about_id -> Text,
        detail -> Text,
        actor_issuer -> Text,
        actor_subject -> Text,
        actor_kind -> Text,
        at -> Instant,
        correlation -> Text,
        link -> Binary,
        through_issuer -> Nullable<Text>,
        through_subject -> Nullable<Text>,
        through_kind -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Id;
    data_key (data_key_id) {
        data_key_id -> Id,
        key_id -> Text,
        wrapped -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Instant;
    key_report (node, kind, key_id) {
        node -> Text,
        kind -> Text,
        key_id -> Text,
        state -> Text,
        at -> Instant,
    }
}

diesel::table! {
    server_key (name) {
        name -> Text,
        fingerprint -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Id;
    blind_index (purpose, digest, data_key_id) {
        purpose -> Text,
        digest -> Binary,
        data_key_id -> Id,
        key_id -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Instant;
    job_lease (job) {
        job -> Text,
        holder -> Text,
        until -> Instant,
        fence -> Integer,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    idempotency_replay (request_key) {
        request_key -> Id,
        fingerprint -> Id,
        answer_version -> Integer,
        answer -> Text,
        at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(members, upgrade_case, effect, effect_evidence);
diesel::allow_tables_to_appear_in_same_query!(resolution, data_key, effect);
