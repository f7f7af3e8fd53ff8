//! One consequence at a time, as people cause them, written once for both databases.

use diesel::prelude::*;
use diesel::sql_types::Bool;
use madoguchi_domain::consequence::Consequence;
use madoguchi_domain::level::AccountLevel;
use madoguchi_domain::mail::{MailId, MailState, MailStatus};
use madoguchi_domain::member::MemberId;
use madoguchi_domain::port::StoreError;

use super::Conn;
use crate::contact::mail_row::OPEN;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{announcement_recipient, contact, members};

pub(crate) fn write(conn: &mut Conn, consequence: &Consequence) -> Result<(), Fault> {
    match consequence {
        Consequence::LevelConfirmed { member, level, manually } => {
            confirm(conn, member, (level, *manually))
        }
        Consequence::MailMoved { mail, status } => move_mail(conn, *mail, status),
    }
}

fn confirm(
    conn: &mut Conn,
    member: &MemberId,
    (level, manually): (&AccountLevel, bool),
) -> Result<(), Fault> {
    let levels = (
        members::confirmed_level.eq(level.as_str()),
        members::confirmed_manually.eq(manually),
        members::target_level.eq(None::<&str>),
    );
    let member = members::table.find(member.expose());
    let written = diesel::update(member).set(levels).execute(conn)?;
    // A level is always written to a stored member.
    if written == 1 { Ok(()) } else { Err(StoreError::Corrupt("members.member_id").into()) }
}

/// The contacts of a mail show its status, as far as theirs is open and another one, as
/// [`MailStatus::moved`] says. So does the recipient of an announcement.
pub(crate) fn move_mail(conn: &mut Conn, mail: MailId, status: &MailStatus) -> Result<(), Fault> {
    let (state, is_pending) = (status.state().as_str(), status.state() == MailState::Pending);
    let is_rescheduled =
        contact::mail_at.ne(At::from(status.at())).and(is_pending.into_sql::<Bool>());
    let open = contact::table
        .filter(contact::mail_id.eq(Key(mail.0)))
        .filter(contact::mail_state.eq_any(OPEN))
        .filter(contact::mail_state.ne(state).or(is_rescheduled));
    let shown = (
        contact::mail_state.eq(state),
        contact::mail_at.eq(At::from(status.at())),
        contact::mail_reason.eq(status.reason()),
    );
    diesel::update(open).set(shown).execute(conn)?;
    let is_rescheduled = announcement_recipient::mail_at
        .ne(At::from(status.at()))
        .and(is_pending.into_sql::<Bool>());
    let recipient = announcement_recipient::table
        .filter(announcement_recipient::mail_id.eq(Key(mail.0)))
        .filter(announcement_recipient::mail_state.eq_any(OPEN))
        .filter(announcement_recipient::mail_state.ne(state).or(is_rescheduled));
    let shown = (
        announcement_recipient::mail_state.eq(state),
        announcement_recipient::mail_at.eq(At::from(status.at())),
        announcement_recipient::mail_reason.eq(status.reason()),
    );
    diesel::update(recipient).set(shown).execute(conn)?;
    Ok(())
}
