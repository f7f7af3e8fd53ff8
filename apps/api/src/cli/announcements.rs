//! The command that shows how far the mails about an announcement are, as a client of a running
//! server.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use madoguchi_client::{AnnouncementAnswer, Client, MailingAnswer};

use super::resolve::ServerArgs;

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// Looks without an answer, after which the server is not there.
const UNANSWERED: u32 = 30;
const BAR: &str = "{wide_bar} {pos}/{len} done";

#[derive(Debug, Subcommand)]
pub(super) enum AnnouncementsCommand {
    /// Show an announcement, and how many of its mails are in which state.
    #[command(after_help = "Example:\n  madoguchi announcements show \
        0198c0de-0000-7000-8000-000000000000 --follow \\\n      \
        --server http://127.0.0.1:8080 --token-file author.token\n\n\
        The token needs contact.read or announcement.write.")]
    Show {
        /// Its id.
        #[arg(value_name = "ID")]
        id: String,
        /// Look again every second, with a bar, while mails go out by themselves: it ends when
        /// they wait for a release, are stopped, or are all done.
        #[arg(long)]
        follow: bool,
        #[command(flatten)]
        server: ServerArgs,
    },
}

impl AnnouncementsCommand {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self::Show { id, follow, server } = self;
        let client = server.client()?;
        let mut found = client.announcement(&id).await?.data()?;
        if follow {
            let style = ProgressStyle::with_template(BAR).context("the bar's template")?;
            let bar = ProgressBar::new(found.recipients.unwrap_or_default().into());
            bar.set_style(style);
            while let Some(mailing) = found.mailing.as_ref().filter(|it| is_going_on(it)) {
                bar.set_position(done(mailing));
                tokio::time::sleep(BETWEEN_LOOKS).await;
                found = read_again(&client, &id).await?;
            }
            bar.finish_and_clear();
        }
        write!(std::io::stdout(), "{}", drawn(&found)).context("standard output was closed")
    }
}

/// Reads it; a server that is being started again is given some time.
async fn read_again(client: &Client, id: &str) -> anyhow::Result<AnnouncementAnswer> {
    for _ in 0..UNANSWERED {
        if let Ok(answer) = client.announcement(id).await
            && answer.status != 503
        {
            return Ok(answer.data()?);
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
    Ok(client.announcement(id).await?.data()?)
}

/// Whether mails will be sent without anybody's doing.
fn is_going_on(mailing: &MailingAnswer) -> bool {
    ["FIRST", "RUNNING"].contains(&&*mailing.state) || count(mailing, "PENDING") > 0
}

fn count(mailing: &MailingAnswer, state: &str) -> u64 {
    mailing.counts.iter().filter(|it| it.state == state).map(|it| u64::from(it.count)).sum()
}

/// How many recipients need no further mail.
fn done(mailing: &MailingAnswer) -> u64 {
    let all: u64 = mailing.counts.iter().map(|it| u64::from(it.count)).sum();
    all - count(mailing, "NONE") - count(mailing, "PENDING")
}

/// The announcement in a few lines.
fn drawn(found: &AnnouncementAnswer) -> String {
    let mut lines = vec![format!("announcement {}", found.announcement_id)];
    let recipients = found.recipients.map_or("not fixed".to_owned(), |it| it.to_string());
    lines.push(format!("  state       {}", found.state));
    lines.push(format!("  recipients  {recipients}"));
    if found.state == "SUBMITTED" {
        lines.push(format!("  to approve  contentHash {}", found.content_hash));
    }
    if let Some(mailing) = &found.mailing {
        let since = mailing.since.map(|at| format!(" since {at:.0}")).unwrap_or_default();
        lines.push(format!("  mails       {}{since}, {} planned", mailing.state, mailing.planned));
        for it in &mailing.counts {
            let state = if it.state == "NONE" { "not planned" } else { &it.state };
            let reason = it.reason.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
            lines.push(format!("  {:>10}  {state}{reason}", it.count));
        }
    }
    let plain = |line: &String| line.chars().filter(|c| !c.is_control()).collect::<String>();
    lines.iter().map(|line| plain(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_are_drawn_with_their_reasons() {
        let json = serde_json::json!({
            "announcementId": "i", "state": "APPROVED", "subject": "s", "recipients": 9,
            "contentHash": "h", "mailing": { "state": "RUNNING", "since": null, "planned": 6,
                "counts": [
                    { "state": "NONE", "reason": null, "count": 3 },
                    { "state": "PENDING", "reason": null, "count": 2 },
                    { "state": "SENT", "reason": null, "count": 3 },
                    { "state": "SUPPRESSED", "reason": "MAIL_STOPPED", "count": 1 },
                ] },
        });
        let found: AnnouncementAnswer = serde_json::from_value(json).unwrap();
        let expected = "\
announcement i
  state       APPROVED
  recipients  9
  mails       RUNNING, 6 planned
           3  not planned
           2  PENDING
           3  SENT
           1  SUPPRESSED (MAIL_STOPPED)
";
        assert_eq!(drawn(&found), expected);
        let mailing = found.mailing.unwrap();
        assert!(is_going_on(&mailing));
        assert_eq!(done(&mailing), 4);
    }
}
