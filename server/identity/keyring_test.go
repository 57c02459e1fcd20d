package identity

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newKeys(t testing.TB) (*Keyring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "folder", "keys")
	keys, err := LoadOrCreate(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys, path
}

func TestWhatIsSealedOpensForItsPatientOnly(t *testing.T) {
	keys, _ := newKeys(t)
	for _, id := range []Identifier{mustParse(t, Personnummer, testNumber), mustParse(t, "1.2.3", "å 1")} {
		sealed, keyID, err := keys.Seal("patient", id)
		if err != nil {
			t.Fatal(err)
		}
		if opened, err := keys.Open("patient", sealed, keyID); err != nil || opened != id {
			t.Errorf("opened %v %v", opened, err)
		}
		if _, err := keys.Open("other", sealed, keyID); !errors.Is(err, ErrNotOpened) {
			t.Errorf("for another patient: %v", err)
		}
		if _, err := keys.Open("patient", sealed, "other"); err == nil || errors.Is(err, ErrNotOpened) {
			t.Errorf("with an unknown key: %v", err)
		}
		for i := range sealed {
			damaged := bytes.Clone(sealed)
			damaged[i] ^= 1
			if _, err := keys.Open("patient", damaged, keyID); !errors.Is(err, ErrNotOpened) {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
		if _, err := keys.Open("patient", nil, keyID); !errors.Is(err, ErrNotOpened) {
			t.Errorf("nothing sealed: %v", err)
		}
		if bytes.Contains(sealed, []byte(id.Reveal())) {
			t.Error("the value stands in what is sealed")
		}
		if again, _, _ := keys.Seal("patient", id); bytes.Equal(again, sealed) {
			t.Error("sealed twice, the same bytes: the nonce is not random")
		}
	}
}

func TestSealRefusesNobodyAndNothing(t *testing.T) {
	keys, _ := newKeys(t)
	if _, _, err := keys.Seal("patient", Identifier{}); err == nil {
		t.Error("sealed nothing")
	}
	if _, _, err := keys.Seal("", mustParse(t, Reservnummer, "1")); err == nil {
		t.Error("sealed for nobody")
	}
	if keys.Lookup(Identifier{}) != nil {
		t.Error("nobody can be looked up")
	}
}

func TestLookupIsStableAndUnambiguous(t *testing.T) {
	keys, path := newKeys(t)
	reloaded, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := newKeys(t)
	id := mustParse(t, Personnummer, testNumber)
	if !bytes.Equal(keys.Lookup(id), reloaded.Lookup(id)) || len(keys.Lookup(id)) != 32 {
		t.Error("not the same after loading the keys again")
	}
	if bytes.Equal(keys.Lookup(id), other.Lookup(id)) {
		t.Error("the same with another key")
	}
	if bytes.Equal(keys.Lookup(mustParse(t, Reservnummer, testNumber)), keys.Lookup(id)) {
		t.Error("the same in another system")
	}
	// Without framing these two would be one text.
	if bytes.Equal(keys.Lookup(mustParse(t, "a:b", "c1")), keys.Lookup(mustParse(t, "a:bc", "1"))) {
		t.Error("system and value run into each other")
	}
}

func TestTheFingerprintTellsKeysApart(t *testing.T) {
	keys, path := newKeys(t)
	reloaded, _ := Load(path)
	other, _ := newKeys(t)
	if keys.Fingerprint() != reloaded.Fingerprint() || keys.Fingerprint() == other.Fingerprint() || len(keys.Fingerprint()) != 32 {
		t.Error("not one fingerprint per key")
	}
}

func TestTheKeysNeverPrintThemselves(t *testing.T) {
	keys, _ := newKeys(t)
	holder := struct{ keys *Keyring }{keys}
	lines := keys.ring.Load().lines
	printed := fmt.Sprintf("%v %+v %#v %s %v %#v %v %+v %#v %v", keys, keys, keys, keys, holder, holder, lines, lines, lines, keys.List())
	for _, line := range lines {
		for _, form := range []string{string(line.secret), fmt.Sprint(line.secret), fmt.Sprintf("%#v", line.secret), fmt.Sprintf("%x", line.secret), base64.StdEncoding.EncodeToString(line.secret)} {
			if strings.Contains(printed, form) {
				t.Errorf("printed a key: %s", printed)
			}
		}
	}
}

func TestTheKeyFileIsMadeOnceForThisUserOnly(t *testing.T) {
	_, path := newKeys(t)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
	if _, err := LoadOrCreate(path); err != nil {
		t.Error(err)
	}
	if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
		t.Error("the key file was written again")
	}
	if !bytes.HasPrefix(before, []byte("# ")) || !bytes.Contains(before, []byte("Save a copy")) {
		t.Error("the file does not say what it is")
	}
	if left, _ := filepath.Glob(path + ".*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Load(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestManyProcessesMakeOneKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	prints := make([]string, 16)
	var all sync.WaitGroup
	for i := range prints {
		all.Go(func() {
			keys, err := LoadOrCreate(path)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = keys.Fingerprint()
		})
	}
	all.Wait()
	for _, print := range prints {
		if print != prints[0] {
			t.Fatal("two key files were made")
		}
	}
}

func TestAKeyFileThatOthersCanUseIsRefused(t *testing.T) {
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601, 0o666} {
		_, path := newKeys(t)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreate(path); !errors.Is(err, ErrKeyFile) || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("%o: %v", mode, err)
		}
	}
}

func TestADamagedKeyFileIsRefusedAndLeftAlone(t *testing.T) {
	_, path := newKeys(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadOrCreate(path)
		if !errors.Is(err, ErrKeyFile) || !strings.Contains(err.Error(), "put back the copy") {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(after, text) {
			t.Errorf("%s: the file was changed", name)
		}
	}
	refused("empty", nil)
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		refused(fmt.Sprintf("byte %d changed", i), changed)
	}
	for i := range whole {
		refused(fmt.Sprintf("cut at %d", i), whole[:i])
	}
	refused("something after the end", append(bytes.Clone(whole), '\n'))
	refused("Windows line ends", bytes.ReplaceAll(whole, []byte("\n"), []byte("\r\n")))
	refused("far too long", append(bytes.Repeat([]byte("#\n"), maxKeyFile), whole...))
}

func TestAKeyFileIsReadStrictly(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(make([]byte, keySize))
	seal, lookup := "seal a current "+key+"\n", "lookup b current "+key+"\n"
	mark, pseudonym, log := "mark c current "+key+"\n", "pseudonym d current "+key+"\n", "log e 2026-11 "+key+"\n"
	for _, c := range []struct{ name, body, want string }{
		{"good", heading + "\n" + seal + lookup, ""},
		{"good, with an earlier sealing key", heading + "\n# c\n" + seal + "seal c opens " + key + "\n" + lookup, ""},
		{"no heading", seal + lookup, "line 1 is not"},
		{"good, as it was before there were more keys", "painscore-keys 1\n" + seal + lookup, ""},
		{"good, with all keys", heading + "\n" + seal + lookup + mark + pseudonym + log + "log f 2026-12 " + key + "\n", ""},
		{"a newer format", "painscore-keys 3\n" + seal + lookup, "a newer painscore wrote it"},
		{"two sealing keys", heading + "\n" + seal + "seal c current " + key + "\n" + lookup, "line 3 has an unknown or repeated"},
		{"two look-up keys", heading + "\n" + seal + lookup + strings.Replace(lookup, " b ", " x ", 1), "line 4 has an unknown or repeated"},
		{"an id twice", heading + "\n" + seal + "seal a opens " + key + "\n" + lookup, "line 3 repeats"},
		{"no look-up key", heading + "\n" + seal, "a key is missing"},
		{"no sealing key", heading + "\n" + lookup + "seal a opens " + key + "\n", "a key is missing"},
		{"a short key", heading + "\n" + seal + "lookup b current AAAA\n", "line 3 does not hold a key"},
		{"an unknown purpose", heading + "\n" + seal + lookup + "pseudo d current " + key + "\n", "line 4 has an unknown"},
		{"a look-up key that opens", heading + "\n" + seal + "lookup b opens " + key + "\n", "line 3 has an unknown"},
		{"two mark keys", heading + "\n" + seal + lookup + mark + strings.Replace(mark, " c ", " x ", 1), "line 5 has an unknown or repeated"},
		{"two pseudonym keys", heading + "\n" + seal + lookup + pseudonym + strings.Replace(pseudonym, " d ", " x ", 1), "line 5 has an unknown or repeated"},
		{"two log keys for a month", heading + "\n" + seal + lookup + log + strings.Replace(log, " e ", " x ", 1), "line 5 has an unknown or repeated"},
		{"a log key without a month", heading + "\n" + seal + lookup + "log e current " + key + "\n", "line 4 has an unknown"},
		{"a log key for no month", heading + "\n" + seal + lookup + "log e 2026-13 " + key + "\n", "line 4 has an unknown"},
		{"a pseudonym key id twice", heading + "\n" + seal + lookup + log + "log e 2027-01 " + key + "\n", "line 5 repeats"},
		{"a blank line", heading + "\n\n" + seal + lookup, "line 2 is not purpose"},
	} {
		text := []byte(c.body + "check " + checkValue([]byte(c.body)) + "\n")
		_, err := parseKeys(text)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("%s: the error shows a key", c.name)
		}
	}
}

func TestAnEarlierSealingKeyStillOpens(t *testing.T) {
	_, path := newKeys(t)
	text, _ := os.ReadFile(path)
	old, err := ParseGiven(string(text))
	if err != nil {
		t.Fatal(err)
	}
	id := mustParse(t, Personnummer, testNumber)
	sealed, keyID, _ := old.Seal("p", id)

	body, _, _ := strings.Cut(string(text), "check ")
	body = strings.Replace(body, "seal "+keyID+" current", "seal "+keyID+" opens", 1) + newKey("seal", "current").line()
	rotated, err := ParseGiven(body + "check " + checkValue([]byte(body)) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := rotated.Open("p", sealed, keyID); err != nil || opened != id {
		t.Errorf("%v %v", opened, err)
	}
	if _, newID, _ := rotated.Seal("p", id); newID == keyID {
		t.Error("the old key still seals")
	}
	if rotated.Fingerprint() != old.Fingerprint() {
		t.Error("a new sealing key changed the look-up key's fingerprint")
	}
}

func TestAMarkNamesOneSubmissionUnderOneKey(t *testing.T) {
	keys, path := newKeys(t)
	reloaded, _ := Load(path)
	other, _ := newKeys(t)
	marks := map[string]string{}
	for _, name := range [][3]string{{"u", "s", "1"}, {"u", "s", "2"}, {"u", "t", "1"}, {"v", "s", "1"}, {"us", "", "1"}, {"u", "s1", ""}} {
		mark := string(keys.Mark(name[0], name[1], name[2]))
		if twin, ok := marks[mark]; ok {
			t.Errorf("%v has the mark of %s", name, twin)
		}
		marks[mark] = fmt.Sprint(name)
	}
	if mark := string(keys.Mark("u", "s", "1")); mark != string(reloaded.Mark("u", "s", "1")) || mark == string(other.Mark("u", "s", "1")) {
		t.Error("not one mark per key")
	}
}
