package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
)

func nameKeys(t *testing.T) *Keyring {
	t.Helper()
	keys, err := LoadOrCreate(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestANameIsShownAsItWasWrittenAndFoundHoweverItIs(t *testing.T) {
	keys := nameKeys(t)
	for _, c := range []struct {
		text, shown string
		like        []string
		unlike      []string
	}{
		{"Åsa  Öberg ", "Åsa Öberg", []string{"A\u030asa O\u0308berg", "ÅSA ÖBERG", "åsa\u00a0öberg", "\tåsa öberg\n"}, []string{"Asa Oberg", "ÅsaÖberg", "Öberg Åsa"}},
		{"O’Brien-Łuczak, Zoë", "O’Brien-Łuczak, Zoë", []string{"o’brien-łuczak, ZOE\u0308"}, []string{"O'Brien-Łuczak, Zoë", "Zoë O’Brien-Łuczak"}},
		{"Σίσυφος", "Σίσυφος", []string{"ΣΊΣΥΦΟΣ", "σίσυφοσ"}, []string{"Σισυφος"}},
		{"Li 2", "Li 2", []string{"li 2"}, []string{"Li", "Li 3"}},
	} {
		name, err := ParseName(c.text)
		if err != nil || name.Reveal() != c.shown {
			t.Errorf("%q: %q %v", c.text, name.Reveal(), err)
		}
		for _, group := range []struct {
			texts []string
			same  bool
		}{{c.like, true}, {c.unlike, false}} {
			for _, text := range group.texts {
				other, err := ParseName(text)
				if err != nil || bytes.Equal(keys.LookupName(name), keys.LookupName(other)) != group.same {
					t.Errorf("%q and %q: same %v wanted, %v", c.text, text, group.same, err)
				}
			}
		}
	}
}

func TestWhatIsNoNameIsRefused(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrNameEmpty, " \t": ErrNameEmpty, "–": ErrNameEmpty, "12": ErrNameEmpty,
		"Åsa 850709": ErrNameNumber, "19850709-9805": ErrNameNumber, "Åsa 85-07-09 98 05": ErrNameNumber,
		"Åsa\u200b Öberg": ErrNameUnprintable, "Åsa\x00": ErrNameUnprintable, "Åsa\xff": ErrNameUnprintable, "\u202eÅsa": ErrNameUnprintable,
		strings.Repeat("å", 201): ErrNameTooLong,
	} {
		name, err := ParseName(text)
		if !errors.Is(err, want) || !name.IsZero() {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if _, err := ParseName(strings.Repeat("å", 200)); err != nil {
		t.Error(err)
	}
}

func TestASealedNameOpensForItsPatientOnlyAndIsNoIdentifier(t *testing.T) {
	keys, others := nameKeys(t), nameKeys(t)
	name, _ := ParseName("Åsa Öberg")
	sealed, keyID, err := keys.SealName("p", name)
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := keys.OpenName("p", sealed, keyID); opened != name || err != nil {
		t.Errorf("%v %v", opened, err)
	}
	if again, _, _ := keys.SealName("p", name); bytes.Equal(again, sealed) {
		t.Error("two sealed copies of one name are the same")
	}
	if _, err := keys.OpenName("q", sealed, keyID); !errors.Is(err, ErrNotOpened) {
		t.Errorf("another patient's: %v", err)
	}
	if _, err := keys.Open("p", sealed, keyID); !errors.Is(err, ErrNotOpened) {
		t.Errorf("as an identifier: %v", err)
	}
	if _, err := others.OpenName("p", sealed, keyID); err == nil || errors.Is(err, ErrNotOpened) {
		t.Errorf("without its key: %v", err)
	}
	if bytes.Equal(keys.LookupName(name), others.LookupName(name)) {
		t.Error("the look-up hash does not depend on the key")
	}
	if _, _, err := keys.SealName("p", Name{}); err == nil || keys.LookupName(Name{}) != nil {
		t.Error("no name was sealed or hashed")
	}
	if _, _, err := keys.SealName("", name); err == nil {
		t.Error("sealed for nobody")
	}
}

func TestANameDoesNotPrintItself(t *testing.T) {
	name, _ := ParseName("Zebulon")
	inside := struct{ N Name }{name}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "name", name, "inside", inside)
	encoded, err := json.Marshal(inside)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(name), fmt.Sprintf("%v %+v %#v %s %q", inside, inside, inside, inside, inside), log.String(), string(encoded),
		fmt.Sprintf("%#v %v", name, &name), fmt.Sprint(map[Name]int{name: 1}),
	} {
		if strings.Contains(text, "Zebulon") {
			t.Errorf("it does: %s", text)
		}
	}
	if name.Reveal() != "Zebulon" || name.String() != "a name" || (Name{}).String() != "no name" {
		t.Error("not what it says")
	}
}
