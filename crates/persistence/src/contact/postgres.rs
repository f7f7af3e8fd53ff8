//! The mails of contacts on PostgreSQL.

use diesel::sql_types::Bool;
use diesel::{BoolExpressionMethods, ExpressionMethods, IntoSql, QueryDsl};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use madoguchi_domain::mail::{MailId, MailState, MailStatus};

use super::mail_row::OPEN;
use crate::database::column::{At, Key};
use crate::database::fault::Fault;
use crate::database::schema::{announcement_recipient, contact};

/// The contacts of a mail show its status, as far as theirs is open and another one, as
/// [`MailStatus::moved`] says. So does the recipient of an announcement.
pub(crate) async fn move_mail(
    conn: &mut AsyncPgConnection,
    mail: MailId,
    status: &MailStatus,
) -> Result<(), Fault> {
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
    diesel::update(open).set(shown).execute(conn).await?;
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
    diesel::update(recipient).set(shown).execute(conn).await?;
    Ok(())
}
