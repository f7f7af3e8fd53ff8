-- What other systems may read: ids, states and times. A column is never changed or removed; another
-- form is another view, for example crm_contact_v2.

create view crm_contact_v1 as
select contact.contact_id,
    contact.person_id,
    contact.account_id,
    contact.application_id,
    application.completed_on as application_completed_on,
    application.kept_until,
    contact.contact_type as type,
    current.action_kind,
    current.group_id,
    current.posted_at,
    current.expires_at,
    current.mandatory,
    case
        when contact.deleted_at is not null then 'DELETED'
        when contact.approval in ('APPROVED', 'BY_POLICY')
            then case contact.answer_status when 'ANSWERED' then 'ANSWERED' else 'VALID' end
        when contact.answer_status = 'ANSWERED' then 'SETTLED'
        else contact.approval
    end as state,
    contact.approval,
    contact.decided_at,
    contact.visible_from,
    contact.answer_status,
    contact.answer_channel,
    contact.answered_at,
    coalesce(contact.mail_state, 'NONE') as mail_state,
    contact.mail_at,
    contact.mail_reason,
    current.sender_kind,
    contact.created_at,
    case when contact.version > 1 then current.at end as updated_at,
    contact.deleted_at,
    contact.reported_at as unanswered_reported_at,
    contact.purged_at,
    contact.version
from contact
join contact_version as current
    on current.contact_id = contact.contact_id and current.version = contact.version
left join application on application.application_id = contact.application_id;

-- The newest mail of each source is looked up by person. A union of both is read as a whole.
create view crm_person_v1 as
select person.person_id,
    person.account_id,
    account.mail_notification,
    account.muted_since as notification_off_since,
    current.stop_at is not null as mail_stopped,
    current.stop_at as mail_stopped_at,
    current.email is not null as has_email,
    current.phone is not null as has_phone,
    first.at as registered_at,
    case when person.version > 1 then current.at end as updated_at,
    coalesce(last_mail.state, 'NONE') as last_mail_state,
    last_mail.at as last_mail_at,
    (select bounce.received_at
        from bounce
        where bounce.person_id = person.person_id
            and bounce.mailed_at >= person.email_since
            and not exists (select from bounce as later
                where later.person_id = person.person_id
                    and later.mailed_at >= person.email_since
                    and (later.received_at, later.mail_id) > (bounce.received_at, bounce.mail_id))
            and not exists (select from contact as sent
                where sent.person_id = person.person_id and sent.mail_state = 'SENT'
                    and sent.mail_at > bounce.received_at and sent.mail_id <> bounce.mail_id)
            and not exists (select from announcement_recipient as sent
                where sent.person_id = person.person_id and sent.mail_state = 'SENT'
                    and sent.mail_at > bounce.received_at and sent.mail_id <> bounce.mail_id)
    ) as bounced_at
from person
join account on account.account_id = person.account_id
join person_version as current
    on current.data_key_id = person.data_key_id and current.version = person.version
join person_version as first
    on first.data_key_id = person.data_key_id and first.version = 1
left join lateral (
    select newest.state, newest.at
    from ((select contact.mail_state as state, contact.mail_at as at
            from contact
            where contact.person_id = person.person_id and contact.mail_state is not null
            order by contact.mail_at desc, contact.mail_id desc limit 1)
        union all
        (select recipient.mail_state, recipient.mail_at
            from announcement_recipient as recipient
            where recipient.person_id = person.person_id and recipient.mail_state is not null
            order by recipient.mail_at desc, recipient.mail_id desc limit 1)) as newest
    order by newest.at desc limit 1
) as last_mail on true;

create view crm_upgrade_v1 as
select upgrade_case.member_id,
    upgrade_case.case_id,
    upgrade_case.attempt,
    upgrade_case.state,
    upgrade_case.opened_at,
    upgrade_case.checked_at,
    upgrade_case.decided_at,
    upgrade_case.target_level,
    members.registered_level,
    members.confirmed_level,
    effect.state as core_bank_state,
    effect.since as core_bank_since
from upgrade_case
join members on members.member_id = upgrade_case.member_id
left join effect on effect.id = upgrade_case.case_id and effect.kind = 'SetLevel';
