package jsonl

import (
	"strconv"
	"unicode/utf8"

	"github.com/painscore/painscore/scoring"
)

// Limits on one sheet, those of the gRPC contract.
const (
	maxAnswers   = 500
	maxValueSets = 20
	maxKeys      = 100
)

// Reasons that the contract lacks: only a line of text can earn them.
const (
	reasonBadJSON        = "BAD_JSON"
	reasonLineTooLong    = "LINE_TOO_LONG"
	reasonDuplicateField = "DUPLICATE_FIELD"
)

// Reasons of the contract that the engine does not give.
const (
	reasonInvalidInput      = "INVALID_INPUT"
	reasonRequired          = "REQUIRED"
	reasonTooMany           = "TOO_MANY"
	reasonBadFormat         = "BAD_FORMAT"
	reasonUnknownField      = "UNKNOWN_FIELD"
	reasonUnknownInstrument = "UNKNOWN_INSTRUMENT"
	reasonUnknownVersion    = "UNKNOWN_VERSION"
)

// The keys of a line. Each is a bit in line.seen.
const (
	keyID = 1 << iota
	keyInstrument
	keyVersion
	keyAnswers
	keyPositions
	keyLayout
	keyCoding
	keyValueSets
)

// line is what stands on one line, before anything is looked up. Its slices
// point into the line or into the tokens' scratch.
type line struct {
	tokens
	seen       int
	id         []byte // as written; empty without one
	instrument []byte
	version    []byte
	layout     []byte
	coding     []byte
	answers    []answer
	positions  []scoring.Response
	valueSets  [][]byte
	texts      [][]byte // numbers with a fraction and strings, as answers refer to them: see scoring.Sheet.Texts
	emptyList  bool     // positions was given and holds nothing
	opaque     bool     // instrument, version or coding is unusable: what the numbers mean is not known
	problems   []scoring.Problem
}

type answer struct {
	item []byte
	scoring.Response
}

// read takes the line apart. It returns false for what is no JSON object.
func (l *line) read(text []byte) bool {
	l.tokens.reset(text)
	l.seen, l.emptyList, l.opaque = 0, false, false
	l.id, l.instrument, l.version, l.layout, l.coding = nil, nil, nil, nil, nil
	l.answers, l.positions, l.valueSets, l.problems = l.answers[:0], l.positions[:0], l.valueSets[:0], l.problems[:0]
	l.texts = l.texts[:0]
	if !utf8.Valid(text) {
		return false
	}
	l.expect('{')
	for n := 0; !l.bad && l.more(n == 0, '}'); n++ {
		l.member(n)
	}
	return !l.bad && l.peek() == 0 && l.i == len(text)
}

func (l *line) add(field, reason, description string) {
	l.problems = append(l.problems, scoring.Problem{Field: field, Reason: reason, Description: description})
}

// member takes the n-th key and value.
func (l *line) member(n int) {
	name := l.key()
	key := keyOf(name)
	switch {
	case n == maxKeys:
		l.add("keys", reasonTooMany, "a line has few keys; the rest was not read")
	case n > maxKeys:
	case key == 0:
		l.add(at("keys", n), reasonUnknownField, "not one of id, instrument, version, answers, positions, layout, coding, value_sets")
	case l.seen&key != 0:
		l.add(string(name), reasonDuplicateField, "stands twice; which of the two holds is for the sender to say")
	default:
		l.seen |= key
		l.value(key)
		return
	}
	l.skip(1)
}

func keyOf(name []byte) int {
	switch string(name) {
	case "id":
		return keyID
	case "instrument":
		return keyInstrument
	case "version":
		return keyVersion
	case "answers":
		return keyAnswers
	case "positions":
		return keyPositions
	case "layout":
		return keyLayout
	case "coding":
		return keyCoding
	case "value_sets":
		return keyValueSets
	}
	return 0
}

func (l *line) value(key int) {
	switch key {
	case keyID:
		l.takeID()
	case keyInstrument:
		l.instrument = l.text("instrument", true)
	case keyVersion:
		l.version = l.text("version", true)
	case keyLayout:
		l.layout = l.text("layout", false)
	case keyCoding:
		l.coding = l.text("coding", true)
	case keyAnswers:
		l.takeAnswers()
	case keyPositions:
		l.takePositions()
	case keyValueSets:
		l.takeValueSets()
	}
}

// null takes null, if that is what stands here.
func (l *line) null() bool {
	if l.peek() != 'n' {
		return false
	}
	l.word()
	return true
}

func (l *line) takeID() {
	if l.null() {
		return
	}
	switch c := l.peek(); {
	case c == '"':
		start := l.i
		l.str()
		l.id = l.b[start:l.i]
	case c == '-' || '0' <= c && c <= '9':
		l.id = l.number()
	default:
		l.add("id", reasonBadFormat, "must be a string or a number")
		l.skip(1)
	}
}

// text takes a string or null. needed says that nothing can be read without it.
func (l *line) text(field string, needed bool) []byte {
	if l.null() {
		return nil
	}
	if l.peek() == '"' {
		return l.str()
	}
	l.add(field, reasonBadFormat, "must be a string")
	l.opaque = l.opaque || needed
	l.skip(1)
	return nil
}

// open takes the bracket that begins an object or list, and otherwise skips
// the value.
func (l *line) open(bracket byte, field, must string) bool {
	if l.null() {
		return false
	}
	if l.peek() != bracket {
		l.add(field, reasonBadFormat, must)
		l.skip(1)
		return false
	}
	l.i++
	return true
}

func (l *line) takeAnswers() {
	if !l.open('{', "answers", "must be an object of item codes and answers") {
		return
	}
	for n := 0; l.more(n == 0, '}'); n++ {
		item := l.key()
		if n >= maxAnswers {
			l.tooMany(n, maxAnswers, "answers")
			continue
		}
		l.answers = append(l.answers, answer{item, l.response()})
	}
}

func (l *line) takePositions() {
	if !l.open('[', "positions", "must be a list of answers") {
		return
	}
	for n := 0; l.more(n == 0, ']'); n++ {
		if n >= maxAnswers {
			l.tooMany(n, maxAnswers, "positions")
			continue
		}
		l.positions = append(l.positions, l.response())
	}
	l.emptyList = len(l.positions) == 0
}

func (l *line) takeValueSets() {
	if !l.open('[', "value_sets", "must be a list of strings") {
		return
	}
	for n := 0; l.more(n == 0, ']'); n++ {
		if n >= maxValueSets {
			l.tooMany(n, maxValueSets, "value_sets")
			continue
		}
		var set []byte
		if l.peek() == '"' {
			set = l.str()
		} else {
			l.add(at("value_sets", n), reasonBadFormat, "must be a string")
			l.skip(2)
		}
		l.valueSets = append(l.valueSets, set) // also a bad one, so that places stay right
	}
}

// tooMany skips an entry beyond the limit, and says so once.
func (l *line) tooMany(n, limit int, field string) {
	if n == limit {
		l.add(field, reasonTooMany, "at most "+strconv.Itoa(limit)+"; the rest was not read")
	}
	l.skip(2)
}

// response takes one answer.
func (l *line) response() scoring.Response {
	switch c := l.peek(); {
	case '0' <= c && c <= '9' && l.i+1 < len(l.b) && (l.b[l.i+1] == ',' || l.b[l.i+1] == '}' || l.b[l.i+1] == ']'):
		l.i++ // by far the most common: one digit
		return scoring.Response{Kind: scoring.Answered, Value: int32(c - '0')}
	case c == '-' || '0' <= c && c <= '9':
		if text := l.number(); !l.bad {
			return l.keep(whole(text), text)
		}
		return scoring.Response{}
	case c == '"':
		text := l.str()
		return l.keep(Word(text), text)
	case c == 'n':
		l.word()
		return scoring.Response{Kind: scoring.LeftBlank}
	}
	l.skip(2)
	return scoring.Response{Kind: scoring.NotANumber}
}

// keep keeps the text of an answer that is no whole number, for items of site
// forms; what the item takes is not known yet.
func (l *line) keep(r scoring.Response, text []byte) scoring.Response {
	if r.Kind == scoring.NotWhole || r.Kind == scoring.NotANumber {
		l.texts = append(l.texts, text)
		r.Value = int32(len(l.texts))
	}
	return r
}

// Word reads the name of a reason for having no answer. Any other text is
// scoring.NotANumber, a number in quotes too.
func Word(word []byte) scoring.Response {
	switch string(word) {
	case "not_applicable":
		return scoring.Response{Kind: scoring.NotApplicable}
	case "declined":
		return scoring.Response{Kind: scoring.Declined}
	case "unreadable":
		return scoring.Response{Kind: scoring.Unreadable}
	case "not_asked":
		return scoring.Response{Kind: scoring.NotAsked}
	}
	return scoring.Response{Kind: scoring.NotANumber}
}

func at(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
