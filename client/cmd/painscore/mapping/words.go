package mapping

import (
	"errors"
	"strings"
	"time"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "github.com/painscore/painscore/proto/painscore/v1"
)

// notAnswered are the words for having no answer.
var notAnswered = map[string]pb.NotAnswered{
	"left_blank":     pb.NotAnswered_NOT_ANSWERED_LEFT_BLANK,
	"not_applicable": pb.NotAnswered_NOT_ANSWERED_NOT_APPLICABLE,
	"declined":       pb.NotAnswered_NOT_ANSWERED_DECLINED,
	"unreadable":     pb.NotAnswered_NOT_ANSWERED_UNREADABLE,
	"not_asked":      pb.NotAnswered_NOT_ANSWERED_NOT_ASKED,
}

// enums are the sources that hold a word of the contract.
var enums = map[string]protoreflect.Enum{"occasion": pb.Occasion(0), "respondent": pb.Respondent(0), "mode": pb.Mode(0)}

// Word finds the value that a word stands for: OCCASION_PROGRAMME_END is
// "programme_end".
func Word(e protoreflect.Enum, word string) (protoreflect.EnumNumber, bool) {
	values := e.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	value := values.ByName(protoreflect.Name(prefix + strings.ToUpper(word)))
	if value == nil || value.Number() == 0 {
		return 0, false
	}
	return value.Number(), true
}

func words(e protoreflect.Enum) string {
	values := e.Descriptor().Values()
	prefix := strings.TrimSuffix(string(values.ByNumber(0).Name()), "UNSPECIFIED")
	var out []string
	for i := range values.Len() {
		if v := values.Get(i); v.Number() != 0 {
			out = append(out, strings.ToLower(strings.TrimPrefix(string(v.Name()), prefix)))
		}
	}
	return strings.Join(out, ", ")
}

// checkWord checks what a source of this name is given as a constant or value.
func checkWord(c *checker, path, name, word string) {
	switch e, isEnum := enums[name]; {
	case isEnum:
		if _, ok := Word(e, word); !ok {
			c.add(path, "%s must be one of %s", name, words(e))
		}
	case name == "assisted" && word != "true" && word != "false":
		c.add(path, "assisted must be true or false")
	case name == "answered_on":
		if _, err := time.Parse(time.DateOnly, word); err != nil {
			c.add(path, "answered_on must be a date as YYYY-MM-DD")
		}
	}
}

// dateLayout translates DD.MM.YYYY and the like for package time. A year of two
// digits is not taken: nobody can tell 1925 from 2025.
func dateLayout(format string) (string, error) {
	layout := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02", "hh", "15", "mm", "04", "ss", "05").Replace(format)
	for _, part := range []string{"YYYY", "MM", "DD"} {
		if strings.Count(format, part) != 1 {
			return "", errors.New("date must say how the date is written with YYYY, MM and DD, each once, such as YYYY-MM-DD, DD.MM.YYYY or YYYY-MM-DD hh:mm:ss")
		}
	}
	if rest := strings.NewReplacer("YYYY", "", "MM", "", "DD", "", "hh", "", "mm", "", "ss", "").Replace(format); strings.ContainsFunc(rest, notPunctuation) {
		return "", errors.New("date must hold only YYYY, MM, DD, hh, mm, ss and what stands between them")
	}
	return layout, nil
}

func notPunctuation(r rune) bool { return !strings.ContainsRune("-./: T", r) }
