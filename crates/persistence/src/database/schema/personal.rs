//! The tables of persons and of contacts to them, whose personal data is sealed.

use super::{Id, Instant, blind_index, data_key, effect};

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    announcement (announcement_id) {
        announcement_id -> Id,
        data_key_id -> Id,
        version -> Integer,
        salt -> Binary,
        subject -> Binary,
        body -> Binary,
        link -> Nullable<Binary>,
        rejection_reason -> Nullable<Binary>,
        posted_at -> Nullable<Instant>,
        mail -> Bool,
        created_at -> Instant,
        state -> Text,
        submitted_at -> Nullable<Instant>,
        submitter_issuer -> Nullable<Text>,
        submitter_subject -> Nullable<Text>,
        submitter_kind -> Nullable<Text>,
        recipients -> Nullable<Integer>,
        recipients_hash -> Nullable<Binary>,
        decided_at -> Nullable<Instant>,
        decided_issuer -> Nullable<Text>,
        decided_subject -> Nullable<Text>,
        decided_kind -> Nullable<Text>,
        visible_from -> Nullable<Instant>,
        mailing -> Nullable<Text>,
        mailing_since -> Nullable<Instant>,
        mails_planned -> Nullable<Integer>,
        last_mailed -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Id;
    announcement_editor (announcement_id, version) {
        announcement_id -> Id,
        version -> Integer,
        issuer -> Text,
        subject -> Text,
        kind -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    announcement_recipient (announcement_id, person_id) {
        announcement_id -> Id,
        person_id -> Text,
        read_at -> Nullable<Instant>,
        mail_id -> Nullable<Id>,
        mail_state -> Nullable<Text>,
        mail_at -> Nullable<Instant>,
        mail_reason -> Nullable<Text>,
    }
}

diesel::joinable!(announcement_recipient -> announcement (announcement_id));
diesel::allow_tables_to_appear_in_same_query!(
    announcement,
    announcement_editor,
    announcement_recipient,
    person,
    data_key,
);

diesel::table! {
    use diesel::sql_types::*;
    use super::Instant;
    account (account_id) {
        account_id -> Text,
        mail_notification -> Bool,
        muted_since -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    person (person_id) {
        person_id -> Text,
        account_id -> Text,
        unique_account_id -> Nullable<Text>,
        locale -> Nullable<Text>,
        data_key_id -> Id,
        external_identity -> Nullable<Binary>,
        version -> Integer,
        email_since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    person_version (version_id) {
        version_id -> Id,
        data_key_id -> Id,
        version -> Integer,
        email -> Nullable<Binary>,
        phone -> Nullable<Binary>,
        stop_reason -> Nullable<Binary>,
        stop_issuer -> Nullable<Text>,
        stop_subject -> Nullable<Text>,
        stop_kind -> Nullable<Text>,
        stop_at -> Nullable<Instant>,
        actor_issuer -> Text,
        actor_subject -> Text,
        actor_kind -> Text,
        at -> Instant,
        correlation -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    contact (contact_id) {
        contact_id -> Id,
        person_id -> Text,
        account_id -> Text,
        data_key_id -> Id,
        salt -> Binary,
        version -> Integer,
        application_id -> Nullable<Text>,
        contact_type -> Text,
        visible_from -> Nullable<Instant>,
        waiting_since -> Nullable<Instant>,
        approval -> Text,
        decided_at -> Nullable<Instant>,
        decided_issuer -> Nullable<Text>,
        decided_subject -> Nullable<Text>,
        decided_kind -> Nullable<Text>,
        answer_status -> Text,
        answer_channel -> Nullable<Text>,
        answered_at -> Nullable<Instant>,
        answer_issuer -> Nullable<Text>,
        answer_subject -> Nullable<Text>,
        answer_kind -> Nullable<Text>,
        created_at -> Instant,
        deleted_at -> Nullable<Instant>,
        mail_id -> Nullable<Id>,
        mail_state -> Nullable<Text>,
        mail_at -> Nullable<Instant>,
        mail_reason -> Nullable<Text>,
        reported_at -> Nullable<Instant>,
        purged_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Id;
    contact_editor (contact_id, version) {
        contact_id -> Id,
        version -> Integer,
        issuer -> Text,
        subject -> Text,
        kind -> Text,
        after_approval -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    contact_version (version_id) {
        version_id -> Id,
        contact_id -> Id,
        version -> Integer,
        event -> Text,
        subject -> Binary,
        body -> Binary,
        link -> Nullable<Binary>,
        policy_number -> Nullable<Binary>,
        sender_name -> Nullable<Binary>,
        rejection_reason -> Nullable<Binary>,
        answer -> Nullable<Binary>,
        application_id -> Nullable<Text>,
        contact_type -> Text,
        action_kind -> Nullable<Text>,
        group_id -> Nullable<Text>,
        posted_at -> Nullable<Instant>,
        expires_at -> Nullable<Instant>,
        mandatory -> Bool,
        sender_kind -> Text,
        actor_issuer -> Text,
        actor_subject -> Text,
        actor_kind -> Text,
        at -> Instant,
        correlation -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    look_alike (entry_id) {
        entry_id -> Id,
        reason -> Text,
        data_key_id -> Id,
        since -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    bounce (mail_id) {
        mail_id -> Id,
        person_id -> Text,
        status -> Text,
        mailed_at -> Instant,
        reported_at -> Nullable<Instant>,
        received_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::Instant;
    application (application_id) {
        application_id -> Text,
        completed_on -> Text,
        kept_until -> Instant,
        recorded_at -> Instant,
        recorded_issuer -> Text,
        recorded_subject -> Text,
        recorded_kind -> Text,
        correlation -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    legal_hold (hold_id) {
        hold_id -> Id,
        subject_kind -> Text,
        subject_id -> Text,
        data_key_id -> Id,
        reason -> Binary,
        placed_at -> Instant,
        placed_issuer -> Text,
        placed_subject -> Text,
        placed_kind -> Text,
        released_at -> Nullable<Instant>,
        released_issuer -> Nullable<Text>,
        released_subject -> Nullable<Text>,
        released_kind -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use super::{Id, Instant};
    purge_receipt (contact_id) {
        contact_id -> Id,
        application_id -> Nullable<Text>,
        data_key_id -> Id,
        ground -> Text,
        since -> Instant,
        purge_age -> Integer,
        purged_at -> Instant,
        correlation -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    blind_index,
    account,
    person,
    person_version,
    look_alike,
);
diesel::allow_tables_to_appear_in_same_query!(announcement_recipient, bounce);
diesel::allow_tables_to_appear_in_same_query!(announcement_recipient, contact);
diesel::allow_tables_to_appear_in_same_query!(bounce, contact, person);
diesel::allow_tables_to_appear_in_same_query!(blind_index, data_key, contact, contact_version);
diesel::allow_tables_to_appear_in_same_query!(effect, contact);
diesel::allow_tables_to_appear_in_same_query!(application, contact, legal_hold);
diesel::allow_tables_to_appear_in_same_query!(legal_hold, data_key);
