package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/painscore/painscore/client/cmd/painscore/jsonl"
	"github.com/painscore/painscore/client/cmd/painscore/mapping"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/scoring"
)

// refusedKey is what a line of a rejects file says besides what was sent. It is
// passed over when the mended line is imported again.
const refusedKey = "painscore_refused"

// member is one key of a JSON object with its value.
type member struct {
	key   string
	value json.RawMessage
}

var errNotAnObject = errors.New("not one JSON object")

// members takes an object apart. A key that stands twice is an error: which of
// the two holds is for the sender to say.
func members(text []byte) ([]member, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errNotAnObject
	}
	var out []member
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, errNotAnObject
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, errNotAnObject
		}
		m := member{key.(string), value}
		if slices.ContainsFunc(out, func(other member) bool { return other.key == m.key }) {
			return nil, errors.New("a key stands twice")
		}
		out = append(out, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, errNotAnObject
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errNotAnObject
	}
	return out, nil
}

// lineReader makes submissions of lines.
type lineReader struct {
	definitions mapping.Definitions
	types       map[[2]string]map[string]pb.ItemType // by instrument and version, by item
}

// read makes one submission. The error is of the server's definitions.
func (l *lineReader) read(line []byte) (*pb.SubmitRequest, []mapping.Violation, error) {
	if !utf8.Valid(line) {
		return nil, []mapping.Violation{{Reason: "BAD_FORMAT", Description: "the line is not UTF-8"}}, nil
	}
	list, err := members(line)
	if err != nil {
		return nil, []mapping.Violation{{Reason: "BAD_FORMAT", Description: err.Error()}}, nil
	}
	request := &pb.SubmitRequest{}
	var found []mapping.Violation
	var answers, positions json.RawMessage
	rest := []byte("{")
	for i, m := range list {
		field := fieldOf(m.key)
		switch {
		case m.key == refusedKey:
		case field == nil:
			found = append(found, mapping.Violation{Field: fmt.Sprintf("keys[%d]", i), Reason: "UNKNOWN_FIELD", Description: "not a field of the contract's SubmitRequest"})
		case m.key == "answers" && bytes.HasPrefix(m.value, []byte("{")):
			answers = m.value
		case m.key == "positions" && plainList(m.value):
			positions = m.value
		default:
			rest = appendMember(rest, field, m)
		}
	}
	if err := protojson.Unmarshal(append(rest, '}'), request); err != nil {
		found = append(found, mapping.Violation{Reason: "BAD_FORMAT", Description: "a field has a value of the wrong kind, or stands twice in two spellings"})
	}
	if answers != nil {
		problems, err := l.answers(answers, request)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, problems...)
	}
	if positions != nil {
		found = append(found, readPositions(positions, request)...)
	}
	return request, found, nil
}

// fieldOf finds a field by either of its names; nil if there is none.
func fieldOf(key string) protoreflect.FieldDescriptor {
	fields := (&pb.SubmitRequest{}).ProtoReflect().Descriptor().Fields()
	if f := fields.ByTextName(key); f != nil {
		return f
	}
	return fields.ByJSONName(key)
}

// appendMember takes the short words of enums, too: "baseline".
func appendMember(to []byte, field protoreflect.FieldDescriptor, m member) []byte {
	if len(to) > 1 {
		to = append(to, ',')
	}
	to = append(append(append(append(to, '"'), field.TextName()...), '"'), ':')
	var word string
	if field.Enum() != nil && json.Unmarshal(m.value, &word) == nil {
		if n, ok := mapping.Word(enumTypes[field.Enum().Name()], word); ok {
			return fmt.Appendf(to, "%d", n)
		}
	}
	return append(to, m.value...)
}

var enumTypes = map[protoreflect.Name]protoreflect.Enum{"Occasion": pb.Occasion(0), "Respondent": pb.Respondent(0), "Mode": pb.Mode(0)}

// plainList says whether a list holds answers as painscore score --jsonl takes
// them, and not the contract's own messages.
func plainList(value json.RawMessage) bool {
	inner := bytes.TrimLeft(bytes.TrimPrefix(value, []byte("[")), " \t\r\n")
	return len(inner) > 0 && inner[0] != '{'
}

func (l *lineReader) answers(value json.RawMessage, to *pb.SubmitRequest) ([]mapping.Violation, error) {
	list, err := members(value)
	if err != nil {
		return []mapping.Violation{{Field: "answers", Reason: "DUPLICATE_ITEM", Description: "an item stands twice"}}, nil
	}
	var found []mapping.Violation
	for i, m := range list {
		answer := &pb.Answer{Item: m.key}
		kind, text := plainAnswer(m.value)
		switch kind {
		case scoring.NotANumber: // text, a code or a date: the item knows
			itemType, err := l.typeOf(to, m.key)
			if err != nil {
				return nil, err
			}
			if text == "" || itemType == pb.ItemType_ITEM_TYPE_WHOLE_NUMBER || itemType == pb.ItemType_ITEM_TYPE_DECIMAL {
				found = append(found, mapping.Violation{Field: fmt.Sprintf("answers[%d].value", i), Reason: "BAD_ANSWER", Description: "not an answer that the item takes"})
			} else {
				mapping.SetAnswer(answer, itemType, text)
			}
		case scoring.NotWhole:
			mapping.SetAnswer(answer, pb.ItemType_ITEM_TYPE_DECIMAL, text)
		case scoring.Answered:
			mapping.SetAnswer(answer, pb.ItemType_ITEM_TYPE_WHOLE_NUMBER, text)
		default:
			answer.Response = &pb.Answer_NotAnswered{NotAnswered: notAnswered[kind]}
		}
		to.Answers = append(to.Answers, answer)
	}
	return found, nil
}

// plainAnswer reads a number, null, or a string.
func plainAnswer(value json.RawMessage) (scoring.Kind, string) {
	var word string
	switch {
	case string(value) == "null":
		return scoring.LeftBlank, ""
	case json.Unmarshal(value, &word) == nil:
		return jsonl.Word([]byte(word)).Kind, word
	}
	number := jsonl.Number(value)
	if number.Kind == scoring.NotANumber {
		return number.Kind, "" // a list, an object, a truth value
	}
	return number.Kind, string(value)
}

func readPositions(value json.RawMessage, to *pb.SubmitRequest) []mapping.Violation {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) != nil {
		return []mapping.Violation{{Field: "positions", Reason: "BAD_FORMAT", Description: "must be a list"}}
	}
	var found []mapping.Violation
	for i, each := range list {
		position := &pb.Position{}
		switch kind, text := plainAnswer(each); kind {
		case scoring.Answered:
			position.Response = &pb.Position_Value{Value: jsonl.Number([]byte(text)).Value}
		case scoring.NotWhole, scoring.NotANumber:
			found = append(found, mapping.Violation{Field: fmt.Sprintf("positions[%d]", i), Reason: "BAD_ANSWER", Description: "not a whole number; give other answers by item"})
		default:
			position.Response = &pb.Position_NotAnswered{NotAnswered: notAnswered[kind]}
		}
		to.Positions = append(to.Positions, position)
	}
	return found
}

// typeOf asks the server once for each version of an instrument. An item or
// instrument that it does not know is left for it to refuse.
func (l *lineReader) typeOf(request *pb.SubmitRequest, item string) (pb.ItemType, error) {
	key := [2]string{request.Instrument, request.Version}
	types, known := l.types[key]
	if !known {
		definition, _, err := l.definitions(request.Instrument, request.Version)
		if err != nil {
			return 0, err
		}
		types = map[string]pb.ItemType{}
		for _, each := range definition.GetItems() {
			types[each.Item] = each.Type
		}
		l.types[key] = types
	}
	if t, ok := types[item]; ok {
		return t, nil
	}
	return pb.ItemType_ITEM_TYPE_TEXT, nil
}
