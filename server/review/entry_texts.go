package review

import (
	"errors"
	"fmt"

	"github.com/painscore/painscore/scoring"
	"github.com/painscore/painscore/server/wording"
)

// ItemText is the items of one instrument version in one language, from a file of
// a clinic that holds the licence to show them. painscore ships none.
type ItemText struct {
	Instrument string            `yaml:"instrument"`
	Version    string            `yaml:"version"`
	Language   string            `yaml:"language"` // sv or en
	Licence    string            `yaml:"licence"`  // who has given leave, as the page says it
	Items      map[string]string `yaml:"items"`    // by item code
}

// maxItemText is the longest text of an item, in bytes: the page stays below its
// size with the longest form.
const maxItemText = 400

// CheckItemTexts holds texts to the definitions: a text beside the wrong item
// would make wrong answers of right ones. find gives a version of an instrument.
func CheckItemTexts(texts []ItemText, find func(id, version string) (*scoring.Instrument, bool)) error {
	var problems []error
	seen := map[[3]string]bool{}
	for i, t := range texts {
		wrong := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("entry %d (%s %s %s): %s", i+1, t.Instrument, t.Version, t.Language, fmt.Sprintf(format, args...)))
		}
		key := [3]string{t.Instrument, t.Version, t.Language}
		if seen[key] {
			wrong("stands twice")
		}
		seen[key] = true
		if l, ok := wording.Parse(t.Language); !ok || string(l) != t.Language {
			wrong("language must be sv or en")
		}
		if t.Licence == "" {
			wrong("licence must say by whose leave the texts are shown")
		}
		in, ok := find(t.Instrument, t.Version)
		if t.Version == "" || !ok {
			wrong("no such instrument and version")
			continue
		}
		for _, item := range in.Items() {
			if text := t.Items[item.Code]; text == "" || len(text) > maxItemText {
				wrong("item %s needs a text of 1 to %d bytes", item.Code, maxItemText)
			}
		}
		for code := range t.Items {
			if _, ok := in.Item(code); !ok {
				wrong("the instrument has no item %s", code)
			}
		}
	}
	return errors.Join(problems...)
}

// addTexts shows a clinic's own texts of the items, where it has them for just
// this version in the reader's language.
func (p *entryFormPage) addTexts(texts []ItemText, in *scoring.Instrument) {
	for _, t := range texts {
		if t.Instrument != in.ID() || t.Version != in.Version() || t.Language != string(p.page.Language) {
			continue
		}
		p.Texts, p.Licence = true, t.Licence
		for i := range p.Items {
			p.Items[i].Text = t.Items[p.Items[i].Code]
		}
	}
}
