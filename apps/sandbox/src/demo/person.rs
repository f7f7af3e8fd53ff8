//! The demo's journey of a person: a wrong address is put right, and is in no file in clear.

use std::fs;

use anyhow::Context;
use madoguchi_client::{ChangeContactDetails, Client, RegisterPerson, SearchPersons};

use crate::chance;
use crate::tokens;

use super::context::DemoContext;
use super::walk::Walk;

pub(super) const TITLE: &str = "A wrong e-mail address is put right, and mail is stopped";

const PHONE: &str = "090-1234-5678";
const REASON: &str = "asked on the phone for no more mail";

/// One new person, as the CRM knows it.
struct Newcomer {
    crm: Client,
    id: String,
    account: String,
    wrong: String,
    right: String,
}

pub(super) async fn walk(demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
    let name = chance::hex(&chance::bytes::<6>()?);
    let newcomer = Newcomer {
        crm: demo.as_user(tokens::CRM),
        id: format!("PER-{name}"),
        account: format!("ACC-{name}"),
        wrong: format!("taro.{name}@exmaple.com"),
        right: format!("taro.{name}@example.com"),
    };
    let etag = newcomer.register(walk).await?;
    newcomer.put_right(&etag, walk).await?;
    newcomer.stop_mail(walk).await?;
    newcomer.show_history(walk).await?;
    newcomer.search_files(demo, walk)
}

impl Newcomer {
    /// Registers the person; returns the ETag with which it is changed.
    async fn register(&self, walk: &mut Walk) -> anyhow::Result<String> {
        let person = RegisterPerson {
            email: Some(self.wrong.clone()),
            phone: Some(PHONE.to_owned()),
            ..RegisterPerson::new(&self.id, &self.account)
        };
        self.crm.register_person(&person).await?.data()?;
        walk.note("the CRM registers a person with a wrong address");
        let read = self.crm.person(&self.id, false).await?;
        let shown = read.data()?;
        walk.same(shown.email.as_deref(), Some("t***@e***.com"), "it is shown masked");
        walk.same(shown.phone.as_deref(), Some("+********5678"), "so is the phone number, E.164");
        read.etag.context("an answer without ETag")
    }

    async fn put_right(&self, etag: &str, walk: &mut Walk) -> anyhow::Result<()> {
        let change = ChangeContactDetails {
            email: Some(self.right.clone()),
            ..ChangeContactDetails::default()
        };
        let changed = self.crm.change_contact_details(&self.id, etag, &change).await?;
        let account = changed.data()?.account_id;
        walk.check(account == self.account, "the change answers with the account id");
        walk.same(&changed.json()["result_code"], &"0000".into(), "and a result code");
        let late = self.crm.change_contact_details(&self.id, etag, &change).await?;
        let expected = (412, "PRECONDITION_FAILED");
        walk.same((late.status, &*late.code()), expected, "a change on the old version is refused");
        let by = async |email: &str| self.crm.search_persons(&SearchPersons::by_email(email)).await;
        let is_found = by(&self.right).await?.data().is_ok_and(|found| found.person_id == self.id);
        walk.check(is_found, "the person is found by the right address");
        walk.same(by(&self.wrong).await?.status, 404, "and not by the wrong one");
        Ok(())
    }

    async fn stop_mail(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let stop = ChangeContactDetails {
            mail_stopped: Some(true),
            mail_stop_reason: Some(REASON.to_owned()),
            ..ChangeContactDetails::default()
        };
        self.crm.change_contact_details(&self.id, "*", &stop).await?.data()?;
        let stopped = self.crm.person(&self.id, true).await?.data()?.mail_stop;
        let stopped = stopped.context("mail is not stopped")?;
        walk.same(&*stopped.by, tokens::CRM, "mail is stopped, with who");
        walk.same(&*stopped.reason, REASON, "and why");
        Ok(())
    }

    async fn show_history(&self, walk: &mut Walk) -> anyhow::Result<()> {
        let history = self.crm.person_history(&self.id, true).await?.data()?;
        let versions: Vec<_> = history.iter().map(|change| change.version).collect();
        walk.same(versions, vec![1, 2, 3], "the history has every change");
        let moved = history.get(1).and_then(|change| change.changes.first());
        let moved = moved.context("no change of the address")?;
        let shown = (moved.old.as_deref(), moved.new.as_deref());
        let held = shown == (Some(&self.wrong), Some(&self.right));
        walk.check(held, "with the old and the new address, for a caller who may see them");
        Ok(())
    }

    /// Searches every file of the database for what was typed.
    fn search_files(&self, demo: &DemoContext, walk: &mut Walk) -> anyhow::Result<()> {
        let database = demo.stack.data.database();
        if !database.exists() {
            walk.note("the database is not a file here: its files are not searched");
            return Ok(());
        }
        let folder = fs::read_dir(demo.stack.data.path()).context("read the data directory")?;
        let (mut ids, mut clear) = (0, Vec::new());
        for file in folder {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.starts_with("madoguchi.db") {
                continue;
            }
            let bytes = fs::read(&path).with_context(|| format!("read {name}"))?;
            let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            let number = PHONE.trim_start_matches('0').replace('-', "");
            let typed = [&*self.wrong, &self.right, &number, PHONE, REASON];
            clear.extend(typed.into_iter().filter(|text| holds(text)).map(|_| name.clone()));
            ids += usize::from(holds(&self.id));
        }
        walk.check(ids >= 1, "the person's id is found in the files of the database");
        walk.same(clear, Vec::<String>::new(), "the addresses, the number and the reason are not");
        Ok(())
    }
}
