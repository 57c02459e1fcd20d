package mapping

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
)

// Violation is one thing wrong with a row. Its field is a column's name, or a
// name of the mapping file where no column is concerned.
type Violation struct {
	Field, Reason, Description string
}

// Record is one form of a row: a submission to send, or why it cannot be one.
type Record struct {
	Form       int // index in the mapping
	Request    *pb.SubmitRequest
	Violations []Violation
	columns    map[string]string
}

// Column names the column of a field of the contract, such as
// "answers[3].value"; the field itself where none is known.
func (r *Record) Column(field string) string {
	for name := field; name != ""; name = name[:max(0, strings.LastIndexByte(name, '.'))] {
		if column, ok := r.columns[name]; ok {
			return column
		}
	}
	return field
}

// Row makes the submissions that a row holds: one for each form whose When fits
// and that is not skipped. The row has as many cells as the header.
func (p *Plan) Row(cells []string) []Record {
	var records []Record
	for i := range p.forms {
		f := &p.forms[i]
		if f.when >= 0 && trim(cells[f.when]) != f.When.Is {
			continue
		}
		r := row{plan: p, form: f, cells: cells, record: Record{Form: i, Request: &pb.SubmitRequest{}, columns: map[string]string{}}}
		if r.read() {
			records = append(records, r.record)
		}
	}
	return records
}

// row is one form while it is read.
type row struct {
	plan   *Plan
	form   *boundForm
	cells  []string
	record Record
}

func (r *row) add(field, reason, description string) {
	r.record.Violations = append(r.record.Violations, Violation{field, reason, description})
}

// read returns false for a form that the row does not hold.
func (r *row) read() bool {
	if !slices.ContainsFunc(r.form.cells, func(c boundCell) bool { return trim(r.cells[c.column]) != "" }) {
		switch r.form.WhenBlank {
		case "skip":
			return false
		case "store":
		default:
			r.add("when_blank", "REQUIRED", "every answer of the form is empty: the mapping must say whether to skip or to store such a row")
			return true
		}
	}
	to := r.record.Request
	to.Instrument, to.Version, to.ValueSets, to.AllowNewEpisode = r.form.Instrument, r.form.Version, r.form.ValueSets, r.plan.mapping.NewEpisodes
	if r.form.Coding != ItemValuesCoding {
		to.Coding = r.form.Coding
	}
	r.place(to)
	r.answers(to)
	to.SubmissionId = r.submissionID(to)
	return true
}

// place reads everything but the answers.
func (r *row) place(to *pb.SubmitRequest) {
	to.Patient = &pb.PatientIdentifier{System: r.text("patient_system", "patient.system"), Value: r.text("patient", "patient.value")}
	to.CareUnit, to.EpisodeId = r.text("care_unit", "care_unit"), r.text("episode", "episode_id")
	to.OccasionLabel, to.LanguageCode = r.text("occasion_label", "occasion_label"), r.text("language", "language_code")
	to.Assisted = r.text("assisted", "assisted") == "true"
	to.AnsweredOn = r.date("answered_on", "answered_on")
	to.Occasion, to.Respondent, to.Mode = pb.Occasion(r.enum("occasion")), pb.Respondent(r.enum("respondent")), pb.Mode(r.enum("mode"))
	if system, document := r.text("source_system", "source.system"), r.text("source_document", "source.document_id"); system != "" || document != "" {
		to.Source = &pb.SubmissionSource{System: system, DocumentId: document}
	}
}

func (r *row) source(name, field string) bound {
	s, own := r.form.sources[name]
	if !own {
		s = r.plan.sources[name]
	}
	if s.column >= 0 {
		r.record.columns[field] = s.Column
	}
	return s
}

// text reads a source. What may not be empty is for the server to say.
func (r *row) text(name, field string) string {
	s := r.source(name, field)
	if s.column < 0 {
		return s.Constant
	}
	cell := trim(r.cells[s.column])
	if s.values != nil {
		value, ok := s.values[cell]
		if !ok {
			r.add(s.Column, "UNKNOWN_CODE", "the mapping's values for "+name+" do not list what stands here")
		}
		return value
	}
	if name == "assisted" && cell != "" && cell != "true" && cell != "false" {
		r.add(s.Column, "UNKNOWN_CODE", "neither true nor false: list in values what stands here")
	}
	return cell
}

func (r *row) enum(name string) int32 {
	s, before := r.source(name, name), len(r.record.Violations)
	word := r.text(name, name)
	n, ok := Word(enums[name], word)
	if !ok && word != "" && len(r.record.Violations) == before {
		r.add(s.Column, "UNKNOWN_CODE", "not one of "+words(enums[name])+": list in values what stands here")
	}
	return int32(n)
}

func (r *row) date(name, field string) string {
	s := r.source(name, field)
	if s.column < 0 {
		return s.Constant
	}
	cell := trim(r.cells[s.column])
	if cell == "" {
		return ""
	}
	day, err := time.Parse(s.layout, cell)
	if err != nil {
		r.add(s.Column, "BAD_DATE", "not a date written as "+s.Date)
		return ""
	}
	return day.Format(time.DateOnly)
}

// answers reads the cells, by item also where the mapping gives positions: both
// are the same sheet.
func (r *row) answers(to *pb.SubmitRequest) {
	to.Answers = make([]*pb.Answer, 0, len(r.form.cells)+len(r.form.fixed))
	for _, cell := range r.form.cells {
		answer := &pb.Answer{Item: cell.item.Item}
		column := cell.name
		r.record.columns["answers["+strconv.Itoa(len(to.Answers))+"]"] = column
		if problem := r.answer(cell, answer); problem != "" {
			r.add(column, "BAD_ANSWER", problem)
		}
		to.Answers = append(to.Answers, answer)
	}
	to.Answers = append(to.Answers, r.form.fixed...)
}

// answer reads one cell, or says what is wrong with it.
func (r *row) answer(cell boundCell, to *pb.Answer) (problem string) {
	text := trim(r.cells[cell.column])
	if why, ok := r.form.missing[text]; ok {
		to.Response = &pb.Answer_NotAnswered{NotAnswered: why}
		return ""
	}
	if cell.values != nil {
		value, ok := cell.values[text]
		if !ok {
			return "the mapping's values do not list what stands here"
		}
		if value.why != 0 {
			to.Response = &pb.Answer_NotAnswered{NotAnswered: value.why}
			return ""
		}
		return SetAnswer(to, cell.item.Type, value.text)
	}
	if text == "" {
		return "the cell is empty: the mapping must list in missing what that means"
	}
	if cell.item.Type == pb.ItemType_ITEM_TYPE_WHOLE_NUMBER || cell.item.Type == pb.ItemType_ITEM_TYPE_DECIMAL {
		if mark := r.plan.mapping.DecimalMark; mark != "." {
			if strings.Contains(text, ".") {
				return "a point in a number, where the mapping's decimal_mark is a comma"
			}
			text = strings.Replace(text, mark, ".", 1)
		}
	}
	return SetAnswer(to, cell.item.Type, text)
}

// SetAnswer gives an item of a type its answer, or says why the text is none.
// Ranges are for the server to judge. A whole number may be written 3 or 3.0.
func SetAnswer(to *pb.Answer, itemType pb.ItemType, text string) (problem string) {
	switch itemType {
	case pb.ItemType_ITEM_TYPE_DECIMAL:
		plain, ok := text, jsonl.Number([]byte(text)).Kind != scoring.NotANumber
		if ok {
			plain, ok = jsonl.Plain([]byte(text))
		}
		if !ok {
			return "not a number"
		}
		to.Response = &pb.Answer_Decimal{Decimal: plain}
	case pb.ItemType_ITEM_TYPE_CODE:
		to.Response = &pb.Answer_Code{Code: text}
	case pb.ItemType_ITEM_TYPE_DATE:
		to.Response = &pb.Answer_Date{Date: text}
	case pb.ItemType_ITEM_TYPE_TEXT:
		to.Response = &pb.Answer_Text{Text: text}
	default:
		switch number := jsonl.Number([]byte(text)); number.Kind {
		case scoring.Answered:
			to.Response = &pb.Answer_Value{Value: number.Value}
		case scoring.NotWhole:
			return "not a whole number"
		default:
			return "not a number"
		}
	}
	return ""
}

// submissionID returns the id of the form. From columns it is a hash of them
// and of what the row's other forms differ in, keyed where there is a key.
func (r *row) submissionID(to *pb.SubmitRequest) string {
	if name := r.form.SubmissionID.Column; name != "" {
		r.record.columns["submission_id"] = name
		return trim(r.cells[r.form.id[0]])
	}
	hash := sha256.New()
	if len(r.plan.key) > 0 {
		hash = hmac.New(sha256.New, r.plan.key)
	}
	write := func(text string) {
		var length [8]byte // framed: "1","23" is not "12","3"
		binary.BigEndian.PutUint64(length[:], uint64(len(text)))
		hash.Write(length[:])
		hash.Write([]byte(text))
	}
	for _, part := range []string{"painscore import 1", to.CareUnit, to.Instrument, to.Occasion.String(), to.OccasionLabel, to.Respondent.String()} {
		write(part)
	}
	empty := true
	for i, column := range r.form.id {
		cell := trim(r.cells[column])
		empty = empty && cell == ""
		if len(r.plan.key) == 0 && holds(cell, to.Patient.GetValue()) {
			r.add(r.form.SubmissionID.From[i], "IDENTIFIER_IN_TEXT", "holds the patient's identifier: a hash of it could be guessed back; give --id-key")
		}
		write(cell)
	}
	if empty {
		r.add(strings.Join(r.form.SubmissionID.From, ", "), "REQUIRED", "nothing to make the submission's id of")
	}
	return "row-" + hex.EncodeToString(hash.Sum(nil)[:20])
}

// holds says whether a cell has the digits of an identifier in it, however they
// are punctuated.
func holds(cell, identifier string) bool {
	digits := func(text string) string {
		return strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, text)
	}
	want := digits(identifier)
	if len(want) < 6 {
		return identifier != "" && strings.Contains(cell, identifier)
	}
	// Without the century, which one of the two may lack.
	return strings.Contains(digits(cell), want[max(0, len(want)-10):])
}
