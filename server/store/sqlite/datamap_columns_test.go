package sqlite

import "strings"

// The data map: for each table what it is for and how long it is kept, for each
// column which class of data it holds. What a column is says its migration.

var classes = map[string]string{
	"identity":    "who a person is, sealed; opens only with a key that is kept outside the database",
	"look-up":     "a keyed hash, by which somebody who knows an identifier or a name finds the row; tells nothing without the key",
	"pseudonym":   "an opaque key of a person; leads to the person by way of identity only, and not at all once the person is erased",
	"health":      "what a patient answered, what it was worth, and what is known of the patient",
	"care":        "where, when and how care was given; personal data, since the row leads to a person",
	"free text":   "words that staff write; the patient's own identifier in them is refused, other names cannot be",
	"staff":       "who among the staff, or which program, did something",
	"audit":       "who looked at whom, when, where from and why",
	"session":     "a signed-in browser: the hash of its token, the user, the units and roles",
	"operational": "numbers, times, versions and digests that say nothing about a person by themselves",
}

// How long things are kept.
const (
	untilErased = "until the patient is erased (`painscore erase`), and in backups until they are deleted"
	tombstone   = "for good: it names nobody, and without it somebody who was erased could come back"
	fiveYears   = "five years, until `painscored audit drop` deletes whole months; erasing a patient leaves it, since the law wants it kept"
	forGood     = "for good: it is about no patient"
)

// mapped is what the map says of a table.
type mapped struct {
	name, purpose, kept string
	columns             map[string]string // the class of each
}

// in gives columns their class, by texts such as "staff: changed_by made_by".
func in(texts ...string) map[string]string {
	columns := map[string]string{}
	for _, text := range texts {
		class, names, _ := strings.Cut(text, ": ")
		for _, name := range strings.Fields(names) {
			columns[name] = class
		}
	}
	return columns
}

var dataMap = []mapped{
	{"patient", "to have one key for a person, whatever the person is called", untilErased, in(
		"pseudonym: patient_key",
		"operational: created_at is_test",
	)},
	{"identity", "to find a patient by an identifier, and to name one to those who may know", untilErased, in(
		"identity: sealed",
		"look-up: lookup",
		"pseudonym: patient_key",
		"operational: system key_id added_at",
	)},
	{"patient_name", "to show coordinators and clinicians what their patients are called, and to find one by name", "until it is changed or taken away, or the patient is erased (`painscore erase`), and in backups until they are deleted", in(
		"identity: sealed",
		"look-up: lookup",
		"pseudonym: patient_key",
		"staff: changed_by",
		"operational: key_id changed_at",
	)},
	{"merged_patient", "to follow a key that was given up when two patients proved to be one", untilErased, in(
		"pseudonym: patient_key into_key",
		"staff: merged_by",
		"operational: merged_at",
		"free text: note",
	)},
	{"change_counter", "to number the changes of a care unit in the order of their commits", forGood, in(
		"operational: care_unit last_seq",
	)},
	{"episode", "to hold together what belongs to one course of care", untilErased, in(
		"care: care_unit episode_id",
		"pseudonym: patient_key",
		"operational: version",
	)},
	{"episode_version", "to know of an episode what timing, reports and exports need, with its history", untilErased, in(
		"care: care_unit episode_id assessing_unit cohort referred_on first_visit_planned first_visit_on start_planned started_on end_planned ended_on",
		"health: care_level track programme_type sex birth_year language_code status drop_out_reason drop_out_phase deceased do_not_contact",
		"operational: version change_seq recorded_at",
	)},
	{"submission_version", "to show what a patient answered and what it was worth, with every version", untilErased, in(
		"care: care_unit episode_id occasion occasion_label instrument respondent answered_on mode language_code assisted",
		"health: answers scores warnings",
		"operational: slot_version state system submission_id version change_seq recorded_at digest requested_version instrument_version source_system source_document_id source_template source_version episode_created",
		"staff: changed_by",
		"free text: reason",
	)},
	{"rescored_submission", "to score a form by another version of its definition, beside the first score", untilErased, in(
		"care: care_unit episode_id occasion occasion_label instrument respondent",
		"health: scores",
		"operational: slot_version plan_id instrument_version",
	)},
	{"episode_share", "to let another unit see an episode, and to know who decided so", untilErased, in(
		"care: care_unit episode_id with_unit",
		"operational: number shared shared_at",
		"staff: shared_by",
		"free text: note",
	)},
	{"occasion_act", "to know which forms went out, who read the answers and what became of the talk about them", untilErased, in(
		"care: care_unit episode_id kind occasion occasion_label done_on detail",
		"operational: number system act_id recorded_at",
		"staff: done_by",
		"free text: note",
	)},
	{"paper_code", "to bring a paper form to its patient and occasion", untilErased, in(
		"care: care_unit episode_id occasion occasion_label",
		"operational: code made_at",
	)},
	{"episode_summary", "to list a unit's patients by what is due without reading every form", untilErased, in(
		"care: care_unit episode_id answered worse",
		"operational: through_seq newest_seq judged_by",
	)},
	{"summary_progress", "to know which changes the summaries hold", forGood, in(
		"operational: care_unit through_seq",
	)},
	{"reader_visit", "to tell a reader what is new since the last time", untilErased, in(
		"care: care_unit episode_id",
		"operational: seen_seq seen_at",
		"staff: reader",
	)},
	{"launch_link", "to open a patient's page from another system once", "until it is used or a next one is made after it has expired, minutes later; or the patient is erased", in(
		"care: care_unit episode_id",
		"session: token_hash",
		"operational: created_at expires_at",
	)},
	{"registry_choice", "to send a registry only what the patient was informed of and has not objected to", untilErased, in(
		"pseudonym: patient_key",
		"care: provider registry choice decided_on",
		"operational: number changed_at",
		"staff: changed_by",
		"free text: note",
	)},
	{"delivery", "to know what was handed over to whom, and to make the same again or what has changed since", forGood, in(
		"operational: delivery_id recipient plan made_at result finished_at",
		"staff: made_by",
		"free text: note",
	)},
	{"delivery_member", "to tell a recipient, and a patient who asks, what was handed over, also after the patient was erased", tombstone, in(
		"pseudonym: episode patient_key",
		"operational: delivery_id is_erased",
	)},
	{"told_reader", "to keep who is given reports apart from what is added for them at the same time", forGood, in(
		"operational: stamp",
		"staff: reader",
	)},
	{"told_population", "to refuse a report that tells about a few people by what it lacks of an earlier one", untilErased, in(
		"pseudonym: digest members",
		"operational: told_at",
		"staff: reader",
	)},
	{"erasure", "to erase somebody again whom a restored backup has brought back, and to show that it was done", tombstone, in(
		"operational: erasure_id identities episodes submissions versions erased_at purged_at",
		"pseudonym: patient_keys",
		"staff: erased_by",
		"free text: note",
	)},
	{"erasure_in_unit", "to tell those who follow the changes of a unit that something went", tombstone, in(
		"operational: care_unit change_seq erasure_id",
	)},
	{"erased_submission", "to recognise a late retry of an erased form, and not to store it again", tombstone, in(
		"look-up: mark",
		"operational: care_unit change_seq first_seq",
	)},
	{"access_block", "to know who looked at whom, as HSLF-FS 2016:40 demands, and to show that nothing was changed", fiveYears, in(
		"audit: body",
		"operational: chain number first_at last_at events mac",
	)},
	{"access_subject", "to find what concerns a patient in the access log", fiveYears, in(
		"pseudonym: patient_key",
		"operational: last_at chain number",
	)},
	{"access_unindexed", "to know which blocks are not in that index yet", "a second, until they are", in(
		"operational: last_at chain number",
	)},
	{"access_dropped", "to show that a part of the log went for its age and for nothing else", forGood, in(
		"operational: chain blocks events mac last_at dropped_at",
	)},
	{"access_review", "to show that the log is looked through", forGood, in(
		"operational: review_id from_at to_at events sampled seed reviewed_at",
		"staff: reviewer",
		"free text: note",
	)},
	{"session", "to know who is signed in to the pages", "until sign-out, an hour after the last page, or twelve hours after the sign-in; both can be set. Rows that have ended go with the next sign-ins", in(
		"session: token_hash body",
		"operational: created_at used_at expires_at",
	)},
	{"setting", "to know what a site has decided, and who did", forGood, in(
		"operational: care_unit kind name number change_number value changed_at",
		"staff: changed_by",
		"free text: note",
	)},
	{"content", "to explain every score by the definition that gave it", forGood, in(
		"operational: kind name version hash scoring_hash body kept_at",
	)},
	{"rescore_plan", "to show what a re-scoring would do, and to do that or nothing", forGood, in(
		"operational: plan_id instrument requested_version target_version target_hash all_units answered_from answered_to examined forms changed up_to_date not_rescorable bands_crossed flags_crossed verdicts_crossed digest made_at dropped_at",
		"staff: made_by",
	)},
	{"rescore_scope", "to know which units a plan looked through, and up to when", forGood, in(
		"operational: plan_id care_unit change_seq forms",
	)},
	{"rescore_source", "to know by what the forms of a plan were scored before", forGood, in(
		"operational: plan_id version definition_hash forms",
	)},
	{"rescore_base", "to keep plans that build on one another in order", forGood, in(
		"operational: plan_id base_plan_id",
	)},
	{"rescore_flip", "to know when the scores of a plan began to count, or ceased to", forGood, in(
		"operational: care_unit plan_id number applied change_seq flipped_at",
		"staff: flipped_by",
		"free text: note",
	)},
	{"property", "to hold facts about this store, such as the fingerprints of its keys", forGood, in(
		"operational: name value",
	)},
}

const dataMapHead = `# What is kept, why and for how long
For whoever keeps the record of processing (GDPR article 30), answers a patient, or decides who may read a table. PostgreSQL has the same tables.

A column added to the schema without a class fails a test, and so does a class for a column that is gone.
`

const dataMapFiles = `## Files beside the database
| file | class | purpose | kept |
|---|---|---|---|
| ` + "`identity.keys`" + ` | keys | to seal, look up, pseudonymise and chain the log; without it nobody can find or name a patient | for good, and a copy elsewhere |
| ` + "`erasures.journal`" + ` | pseudonym, staff, free text | to erase again whoever an older backup brings back | for good |
| ` + "`access-heads.jsonl`" + ` | operational | where the access log ended, for its proof | as the log |
| ` + "`access-log.reserve`" + ` | operational | room for the access log on a full disk; zeros | while the server runs |
| ` + "`local.token`" + ` | credential | local mode: whoever can read it may call | until it is deleted |
| ` + "`last-backup.json`, `keys-saved.json`" + ` | operational | for doctor's advice | until the next one |
| backups | all of the tables, with nothing of the keys | to come back from a loss | the site decides; an erasure does not reach them, the journal does at a restore |

Log lines, metrics, errors and addresses of pages hold no identifier; a test plants one and looks for it in all of them.
`

// usual says what a column holds whose migration leaves that to its name.
var usual = map[string]string{
	"patient_key": "opaque key of the patient", "is_test": "1 for a known test identity",
	"care_unit": "the care unit (HSA-id)", "episode_id": "the episode, as its caller named it",
	"occasion": "baseline, programme_end, follow_up_12_months, other", "occasion_label": "tells one 'other' occasion from the next",
	"instrument": "such as hads", "respondent": "patient, relative, clinician", "slot_version": "which version of the form",
	"referred_on": "day of the referral", "first_visit_planned": "planned day", "first_visit_on": "actual day", "start_planned": "planned day",
	"started_on": "actual day", "end_planned": "planned day", "ended_on": "actual day", "answered_on": "day on which the form was answered",
	"sex": "as stated", "status": "how far the episode is", "drop_out_reason": "why it ended early", "drop_out_phase": "in which phase",
	"deceased": "1 if so", "do_not_contact": "1 if so",
	"source_document_id": "the form's id where it came from", "source_template": "its template there", "source_version": "the template's version",
	"reason": "why it was amended or retracted", "plan_id": "the re-scoring", "base_plan_id": "the re-scoring that it replaces",
	"chain": "month and process", "number": "which block of it", "events": "how many",
	"episodes": "how many", "submissions": "how many", "versions": "how many", "forms": "how many",
	"erasure_id": "the erasure, as its caller named it", "review_id": "the check, as its caller named it", "reviewer": "who looked through it",
	"to_at": "end of the period", "token_hash": "SHA-256 of the cookie's value", "version": "of the definition", "definition_hash": "of its file",
	"name": "which one", "value": "what it is",
}

// meaning is what a column holds, in words.
func meaning(c schemaColumn) string {
	switch {
	case c.comment != "":
		return c.comment
	case usual[c.name] != "":
		return usual[c.name]
	case strings.HasSuffix(c.name, "_at"):
		return "when"
	case strings.HasSuffix(c.name, "_by"):
		return "the user or program that did it"
	}
	return ""
}
