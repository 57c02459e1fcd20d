package identity

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// day is the reference date of these tests.
var day = time.Date(2025, time.June, 15, 23, 30, 0, 0, time.UTC)

func TestParseGivesOneFormForEverySpelling(t *testing.T) {
	const (
		personOID = "1.2.752.129.2.1.3.1"
		coordOID  = "1.2.752.129.2.1.3.3"
	)
	for _, c := range []struct{ name, system, value, wantSystem, want string }{
		{"short name", "personnummer", "191212121212", Personnummer, "191212121212"},
		{"OID", personOID, "191212121212", Personnummer, "191212121212"},
		{"OID as a URN", "urn:oid:" + personOID, "191212121212", Personnummer, "191212121212"},
		{"URN in capitals", "URN:OID:" + personOID, "191212121212", Personnummer, "191212121212"},
		{"URI", "http://electronichealth.se/identifier/personnummer", "191212121212", Personnummer, "191212121212"},
		{"URI with https", "https://electronichealth.se/identifier/personnummer", "191212121212", Personnummer, "191212121212"},
		{"capitals and spaces around", " Personnummer\t", "\u00a0191212121212 \n", Personnummer, "191212121212"},
		{"hyphen", "personnummer", "19121212-1212", Personnummer, "191212121212"},
		{"plus and century", "personnummer", "19121212+1212", Personnummer, "191212121212"},
		{"ten digits", "personnummer", "7010032391", Personnummer, "197010032391"},
		{"ten digits with a hyphen", "personnummer", "701003-2391", Personnummer, "197010032391"},
		{"over a hundred", "personnummer", "121212+1212", Personnummer, "191212121212"},
		{"the same digits, young", "personnummer", "121212-1212", Personnummer, "201212121212"},
		{"a hundred this year, by the calendar year", "personnummer", "251212+1212", Personnummer, "192512121212"},
		{"later this year is a hundred years ago", "personnummer", "251212-1212", Personnummer, "192512121212"},
		{"born today", "personnummer", "250615-1212", Personnummer, "202506151212"},
		{"born tomorrow is a hundred years ago", "personnummer", "250616-1212", Personnummer, "192506161212"},
		{"over two hundred is not guessed", "personnummer", "260101+1212", Personnummer, "182601011212"},
		{"a leap day", "personnummer", "200002291212", Personnummer, "200002291212"},

		{"samordningsnummer", "samordningsnummer", "701063-2391", Samordningsnummer, "197010632391"},
		{"samordningsnummer by OID", coordOID, "197010632391", Samordningsnummer, "197010632391"},
		{"samordningsnummer by URN", "urn:oid:" + coordOID, "197010632391", Samordningsnummer, "197010632391"},
		{"samordningsnummer by URI", "http://electronichealth.se/identifier/samordningsnummer", "19701063-2391", Samordningsnummer, "197010632391"},
		{"last day of a long month", "samordningsnummer", "197010912391", Samordningsnummer, "197010912391"},

		{"reserve number", "Reservnummer", " 19AB-1 ", Reservnummer, "19AB-1"},
		{"another OID", "1.2.752.97.1.1", "X 1", "urn:oid:1.2.752.97.1.1", "X 1"},
		{"another OID as a URN", "URN:OID:1.2.752.97.1.1", "X 1", "urn:oid:1.2.752.97.1.1", "X 1"},
		{"another URI keeps its path", "HTTPS://region.se/Reserv", "å1", "https://region.se/Reserv", "å1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, _, err := Parse(c.system, c.value, day)
			if err != nil {
				t.Fatal(err)
			}
			if id.System() != c.wantSystem || id.Reveal() != c.want {
				t.Errorf("got %q %q, want %q %q", id.System(), id.Reveal(), c.wantSystem, c.want)
			}
			again, _, err := Parse(id.System(), id.Reveal(), day)
			if err != nil || again != id {
				t.Errorf("the canonical form does not parse to itself: %v", err)
			}
		})
	}
}

func TestParseRefusesWithoutEchoing(t *testing.T) {
	for _, c := range []struct {
		name, system, value string
		want                Error
	}{
		{"no value", "personnummer", " \t", ErrEmpty},
		{"no system", "", "191212121212", ErrUnknownSystem},
		{"a misspelt system", "personumer", "191212121212", ErrUnknownSystem},
		{"a scheme alone", "urn:", "191212121212", ErrUnknownSystem},
		{"too short", "personnummer", "121212121", ErrShape},
		{"eleven digits", "personnummer", "91212121212", ErrShape},
		{"too long", "personnummer", "1912121212123", ErrShape},
		{"letters", "personnummer", "19121212121O", ErrShape},
		{"a space inside", "personnummer", "19121212 1212", ErrShape},
		{"two hyphens", "personnummer", "19-121212-1212", ErrShape},
		{"a hyphen elsewhere", "personnummer", "1912-12121212", ErrShape},
		{"a hyphen at the end", "personnummer", "191212121212-", ErrShape},
		{"other digits than ASCII", "personnummer", "１９１２１２１２１２１２", ErrShape},
		{"30 February", "personnummer", "197002301212", ErrImpossibleDate},
		{"29 February of a common year", "personnummer", "190002291212", ErrImpossibleDate},
		{"month 13", "personnummer", "197013011212", ErrImpossibleDate},
		{"month 0", "personnummer", "197000011212", ErrImpossibleDate},
		{"day 0", "personnummer", "197001001212", ErrImpossibleDate},
		{"day 45", "personnummer", "197001451212", ErrImpossibleDate},
		{"ten digits, no such day", "personnummer", "700230-1212", ErrImpossibleDate},
		{"born tomorrow", "personnummer", "202506161212", ErrImpossibleDate},
		{"before any register", "personnummer", "179912311212", ErrImpossibleDate},
		{"plus on somebody young", "personnummer", "19701003+2391", ErrImpossibleDate},
		{"a samordningsnummer as personnummer", "personnummer", "197010632391", ErrCoordinated},
		{"a personnummer as samordningsnummer", "samordningsnummer", "197010032391", ErrNotCoordinated},
		{"samordningsnummer of 31 February", "samordningsnummer", "197002912391", ErrImpossibleDate},
		{"samordningsnummer of day 92", "samordningsnummer", "197010922391", ErrImpossibleDate},
		{"a line break inside", "reservnummer", "19AB\n1", ErrUnprintable},
		{"not UTF-8", "reservnummer", "19AB\xff", ErrUnprintable},
		{"far too long", "reservnummer", strings.Repeat("1", maxValue+1), ErrTooLong},
		{"system far too long", "urn:" + strings.Repeat("x", maxSystem), "19AB1", ErrTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, warnings, err := Parse(c.system, c.value, day)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if !id.IsZero() || warnings != nil {
				t.Error("something came beside the error")
			}
			if value := strings.TrimSpace(c.value); value != "" && strings.Contains(err.Error(), value) {
				t.Error("the error echoes the value")
			}
		})
	}
}

func TestCheckDigitWarnsAndAccepts(t *testing.T) {
	for value, fits := range map[string]bool{
		"191212121212": true,
		"197010632391": true, // the example of Skatteverket's leaflet SKV 707
		"191212121213": false,
		"197010632392": false,
	} {
		system := Personnummer
		if value[6] >= '6' {
			system = Samordningsnummer
		}
		id, warnings, err := Parse(system, value, day)
		if err != nil || id.Reveal() != value {
			t.Fatalf("not accepted: %v", err)
		}
		if warned := len(warnings) == 1 && warnings[0] == CheckDigit; warned == fits || len(warnings) > 1 {
			t.Errorf("%s: warnings %v", value, warnings)
		}
	}
	// One digit mistyped is always noticed.
	for at := 2; at < 12; at++ {
		for digit := byte('0'); digit <= '9'; digit++ {
			number := []byte(testNumber)
			number[at] = digit
			if got, want := checkDigitFits(string(number)), digit == testNumber[at]; got != want {
				t.Errorf("digit %d as %c: fits %v", at, digit, got)
			}
		}
	}
}

func TestTheTestIdentityIsRecognised(t *testing.T) {
	for _, c := range []struct {
		system, value string
		want          bool
	}{
		{"personnummer", "121212+1212", true},
		{"personnummer", "121212-1212", false},
		{"reservnummer", testNumber, false},
	} {
		id, _, err := Parse(c.system, c.value, day)
		if err != nil || id.IsTestIdentity() != c.want {
			t.Errorf("%s %s: %v %v", c.system, c.value, id.IsTestIdentity(), err)
		}
	}
	if (Identifier{}).IsTestIdentity() {
		t.Error("no identifier is the test identity")
	}
}

func TestBirthDate(t *testing.T) {
	want := time.Date(1970, 10, 3, 0, 0, 0, 0, time.UTC)
	for _, system := range []string{Personnummer, Samordningsnummer} {
		value := map[string]string{Personnummer: "197010032391", Samordningsnummer: "197010632391"}[system]
		if born, ok := mustParse(t, system, value).BirthDate(); !ok || !born.Equal(want) {
			t.Errorf("%s: %v %v", system, born, ok)
		}
	}
	if _, ok := mustParse(t, Reservnummer, "197010032391").BirthDate(); ok {
		t.Error("a reserve number has a birth date")
	}
	if _, ok := (Identifier{}).BirthDate(); ok {
		t.Error("no identifier has a birth date")
	}
}

func TestFoundIn(t *testing.T) {
	person := mustParse(t, Personnummer, "197010032391")
	reserve := mustParse(t, Reservnummer, "19Ab1234")
	short := mustParse(t, Reservnummer, "12")
	for _, c := range []struct {
		id   Identifier
		text string
		want bool
	}{
		{person, "episode-19701003-2391-a", true},
		{person, "7010032391", true},
		{person, "701003+2391", true},
		{person, "19 701003 2391", true},
		{person, "his number is 701003\u2011\n2391.", true},
		{person, "1970.10.03 23\u00a091", true},
		{person, "70100\u200b32391", true},
		{person, "701003 or 2391", false},
		{person, "701003", false},
		{person, "", false},
		{reserve, "E/19aB1234/1", true},
		{reserve, "19ab", false},
		{short, "12", false},
		{Identifier{}, "anything", false},
	} {
		if got := c.id.FoundIn(c.text); got != c.want {
			t.Errorf("%v in %q: %v", c.id, c.text, got)
		}
	}
}

func TestAnIdentifierNeverPrintsItself(t *testing.T) {
	const secret = "197010032391"
	id := mustParse(t, Personnummer, secret)
	// The unexported field is where fmt does not ask String.
	holder := struct {
		Public  Identifier
		private Identifier
		pointer *Identifier
		list    []Identifier
		any     any
	}{id, id, &id, []Identifier{id}, id}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p"} {
		for _, value := range []any{id, &id, holder, &holder, map[Identifier]int{id: 1}, fmt.Errorf("%v", holder)} {
			fmt.Fprintf(&out, verb+"\n", value)
		}
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("patient", "id", id, "pointer", &id, "holder", holder, slog.Group("g", "id", id))
	}
	for _, value := range []any{id, &id, holder, map[Identifier]int{id: 1}} {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	text, _ := id.MarshalText()
	out.Write(text)

	hex := fmt.Sprintf("%x", secret)
	for _, leak := range []string{secret, secret[2:], hex, strings.ToUpper(hex)} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("printed %q in:\n%s", leak, out.String())
		}
	}
	if !strings.Contains(out.String(), "an identifier in personnummer") {
		t.Error("nothing was printed at all")
	}
}

func TestPatientKeysAreOpaqueAndDistinct(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		key, err := NewPatientKey()
		if err != nil || len(key) != 26 || seen[key] {
			t.Fatalf("%q %v", key, err)
		}
		seen[key] = true
	}
}

func FuzzParse(f *testing.F) {
	f.Add("personnummer", "191212121212")
	f.Add("samordningsnummer", "701063+2391")
	f.Add("1.2.3", "x")
	f.Fuzz(func(t *testing.T, system, value string) {
		id, _, err := Parse(system, value, day)
		if err != nil {
			return
		}
		again, _, err := Parse(id.System(), id.Reveal(), day)
		if err != nil || again != id {
			t.Errorf("the canonical form does not parse to itself: %v", err)
		}
		_, _ = id.BirthDate()
	})
}

func mustParse(t testing.TB, system, value string) Identifier {
	t.Helper()
	id, _, err := Parse(system, value, day)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
