package main

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// enumWord is an enum value for a reader: EPISODE_STATUS_DROPPED_OUT is
// "dropped out", and an unset one "-".
func enumWord(e protoreflect.Enum) string {
	value := e.Descriptor().Values().ByNumber(e.Number())
	if value == nil || value.Number() == 0 {
		return "-"
	}
	return strings.ReplaceAll(flagWord(value), "_", " ")
}

// flagWord is an enum value as a flag takes it: EPISODE_STATUS_DROPPED_OUT is
// "dropped_out".
func flagWord(value protoreflect.EnumValueDescriptor) string {
	unset := string(value.Parent().(protoreflect.EnumDescriptor).Values().ByNumber(0).Name())
	return strings.ToLower(strings.TrimPrefix(string(value.Name()), strings.TrimSuffix(unset, "UNSPECIFIED")))
}

// flagWords are all values of an enum that a flag takes.
func flagWords(e protoreflect.Enum) []string {
	var words []string
	values := e.Descriptor().Values()
	for i := range values.Len() {
		if values.Get(i).Number() != 0 {
			words = append(words, flagWord(values.Get(i)))
		}
	}
	return words
}

// enumOf finds the value of a flag's word, in either spelling of a space.
func enumOf(e protoreflect.Enum, word string) (protoreflect.EnumNumber, bool) {
	values := e.Descriptor().Values()
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 && flagWord(v) == strings.ToLower(strings.ReplaceAll(word, "-", "_")) {
			return v.Number(), true
		}
	}
	return 0, false
}

func occasionWord(o pb.Occasion, label string) string {
	switch o {
	case pb.Occasion_OCCASION_FOLLOW_UP_12_MONTHS:
		return "12-month follow-up"
	case pb.Occasion_OCCASION_OTHER:
		return label
	}
	return enumWord(o)
}

func directionWord(d pb.Direction) string {
	if d == pb.Direction_DIRECTION_NONE {
		return "neither way is better"
	}
	return enumWord(d)
}

// movementWord says which way a score went. Whether that matters is another
// question: the words improved and worse stand for a verdict, not for a
// difference.
func movementWord(m pb.Movement) string {
	if m == pb.Movement_MOVEMENT_NO_DIRECTION {
		return "changed; neither way is better"
	}
	return enumWord(m)
}

// notComparable says why two scores have no difference.
var notComparable = map[pb.NotComparableReason]string{
	pb.NotComparableReason_NOT_COMPARABLE_REASON_MISSING:               "one of the two is missing",
	pb.NotComparableReason_NOT_COMPARABLE_REASON_DIFFERENT_INSTRUMENT:  "different instruments",
	pb.NotComparableReason_NOT_COMPARABLE_REASON_DIFFERENT_SCORING:     "scored by different definitions",
	pb.NotComparableReason_NOT_COMPARABLE_REASON_DIFFERENT_VALUE_SET:   "different value sets",
	pb.NotComparableReason_NOT_COMPARABLE_REASON_REFUSED:               "one of the two is refused",
	pb.NotComparableReason_NOT_COMPARABLE_REASON_NO_NUMBER:             "profiles have none",
	pb.NotComparableReason_NOT_COMPARABLE_REASON_DIFFERENT_DENOMINATOR: "different numbers of items apply",
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
