package identity

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// oldFile is a key file as it was when there were two keys.
func oldFile(t *testing.T) (keys *Keyring, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "keys")
	body := "# Do not edit.\n" + heading1 + "\n" + newKey("seal", "current").line() + newKey("lookup", "current").line()
	if err := os.WriteFile(path, []byte(body+"check "+checkValue([]byte(body))+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return mustLoad(t, path), path
}

func mustLoad(t *testing.T, path string) *Keyring {
	t.Helper()
	keys, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// holdsAll reports which keys of the one ring the other lacks.
func holdsAll(t *testing.T, what string, now, before *Keyring) {
	t.Helper()
	for _, key := range before.ring.Load().lines {
		if !slices.ContainsFunc(now.ring.Load().lines, key.isSame) {
			t.Errorf("%s lost %v", what, key)
		}
	}
}

func states(keys *Keyring, purpose string) (states []string) {
	for _, key := range keys.List() {
		if key.Purpose == purpose {
			states = append(states, key.State)
		}
	}
	return states
}

func TestAFileOfTwoKeysGetsTheOthersAndGoesOnMarkingAsBefore(t *testing.T) {
	before, path := oldFile(t)
	if got := before.Missing(); !slices.Equal(got, []string{"pseudonym", "log"}) {
		t.Fatalf("missing: %v", got)
	}
	added, err := Complete(path)
	if err != nil || !slices.Equal(added, []string{"pseudonym", "log"}) {
		t.Fatalf("added %v, %v", added, err)
	}
	now := mustLoad(t, path)
	holdsAll(t, "the completed file", now, before)
	if now.Missing() != nil || states(now, "mark") != nil {
		t.Errorf("it has %+v", now.List())
	}
	if !bytes.Equal(now.Mark("u", "s", "1"), before.Mark("u", "s", "1")) || now.MarkFingerprint() != before.MarkFingerprint() || now.Fingerprint() != before.Fingerprint() {
		t.Error("marks or look-ups are others than before")
	}
	text, _ := os.ReadFile(path)
	if added, err := Complete(path); err != nil || added != nil {
		t.Errorf("again: %v %v", added, err)
	}
	if again, _ := os.ReadFile(path); !bytes.Equal(text, again) {
		t.Error("a complete file was written again")
	}
}

func TestANewFileHasAKeyForEachPurposeAndNoTwoAlike(t *testing.T) {
	keys, _ := newKeys(t)
	if keys.Missing() != nil || states(keys, "mark") == nil {
		t.Errorf("it has %+v", keys.List())
	}
	lines := keys.ring.Load().lines
	for i, a := range lines {
		for _, b := range lines[:i] {
			if bytes.Equal(a.secret, b.secret) || a.id == b.id {
				t.Errorf("%v is %v", a, b)
			}
		}
	}
}

func TestANewSealingKeySealsAndTheOldOneOpens(t *testing.T) {
	before, path := newKeys(t)
	id := mustParse(t, Personnummer, testNumber)
	sealed, oldID, _ := before.Seal("p", id)
	newID, err := RotateSeal(path)
	if err != nil {
		t.Fatal(err)
	}
	now := mustLoad(t, path)
	holdsAll(t, "the rotated file", now, before)
	if got := states(now, "seal"); !slices.Equal(got, []string{"opens", "current"}) || now.SealsWith() != newID || newID == oldID {
		t.Errorf("states %v, seals with %s of %s and %s", got, now.SealsWith(), oldID, newID)
	}
	if opened, err := now.Open("p", sealed, oldID); err != nil || opened != id {
		t.Errorf("%v %v", opened, err)
	}
}

func TestOnlyAnEarlierSealingKeyIsRetired(t *testing.T) {
	before, path := newKeys(t)
	oldID := before.SealsWith()
	newID, err := RotateSeal(path)
	if err != nil {
		t.Fatal(err)
	}
	lookupID := before.ring.Load().lookupKey().id
	for _, ids := range [][]string{{newID}, {oldID, newID}, {"unknown"}, {lookupID}} {
		if err := Retire(path, ids); err == nil {
			t.Errorf("retired %v", ids)
		}
	}
	holdsAll(t, "a refusal", mustLoad(t, path), before)
	if err := Retire(path, []string{oldID}); err != nil {
		t.Fatal(err)
	}
	if now := mustLoad(t, path); now.Opens(oldID) || !now.Opens(newID) || len(now.List()) != len(before.List()) {
		t.Errorf("it has %+v", now.List())
	}
}

func TestManyChangesAtOnceLoseNoKey(t *testing.T) {
	before, path := oldFile(t)
	var all sync.WaitGroup
	ids := make([]string, 12)
	for i := range ids {
		all.Go(func() {
			if i%4 == 0 {
				if _, err := Complete(path); err != nil {
					t.Error(err)
				}
			}
			var err error
			if ids[i], err = RotateSeal(path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	now := mustLoad(t, path)
	holdsAll(t, "the file", now, before)
	for _, id := range ids {
		if !now.Opens(id) {
			t.Errorf("the key %s is lost", id)
		}
	}
	if len(now.List()) != 2+2+len(ids) {
		t.Errorf("it has %d keys", len(now.List()))
	}
}

func TestALogKeyHoldsFromItsMonthAndTheOldOneForThoseBefore(t *testing.T) {
	keys, path := oldFile(t)
	if keys.LogKey("2026-11") != nil {
		t.Fatal("a log key out of nothing")
	}
	if _, err := Complete(path); err != nil {
		t.Fatal(err)
	}
	first := mustLoad(t, path)
	now := time.Now().UTC()
	for _, at := range []struct {
		now  time.Time
		want string
	}{
		{time.Date(now.Year()+1, 11, 1, 0, 0, 0, 0, time.UTC), "-12"},
		{time.Date(now.Year()+2, 11, 28, 23, 59, 0, 0, time.UTC), "-12"},
		{time.Date(now.Year()+3, 11, 29, 0, 0, 0, 0, time.UTC), "-01"}, // too late for December
		{time.Date(now.Year()+5, 1, 31, 12, 0, 0, 0, time.UTC), "-03"},
	} {
		from, err := RotateLog(path, at.now)
		if err != nil || !strings.HasSuffix(from, at.want) {
			t.Errorf("on %v: from %s, %v", at.now, from, err)
		}
		before, _ := time.Parse(monthLayout, from)
		rotated := mustLoad(t, path)
		holdsAll(t, "the file", rotated, first)
		if bytes.Equal(rotated.LogKey(from), rotated.LogKey(before.AddDate(0, -1, 0).Format(monthLayout))) {
			t.Errorf("no other key from %s on", from)
		}
		if !bytes.Equal(rotated.LogKey("2020-01"), first.LogKey("2020-01")) || !bytes.Equal(rotated.LogKey(now.Format(monthLayout)), first.LogKey(now.Format(monthLayout))) {
			t.Error("an earlier month has another key now")
		}
		if _, err := RotateLog(path, at.now); err == nil {
			t.Errorf("two keys for %s", from)
		}
	}
	stolen := first.LogKey("2026-11")
	clear(stolen)
	if bytes.Equal(first.LogKey("2026-11"), stolen) {
		t.Error("who has the key can change it in the ring")
	}
}

// TestALookupChangeCutOffAnywhereIsFinishedOrBegunAgain stops after each step.
func TestALookupChangeCutOffAnywhereIsFinishedOrBegunAgain(t *testing.T) {
	for _, file := range []func(*testing.T) (*Keyring, string){oldFile, func(t *testing.T) (*Keyring, string) { return newKeys(t) }} {
		before, path := file(t)
		original, _ := os.ReadFile(path)
		old, next, err := PrepareLookupChange(path)
		if err != nil || old.Fingerprint() != before.Fingerprint() || next.Fingerprint() == before.Fingerprint() {
			t.Fatalf("prepared: %v", err)
		}
		if text, _ := os.ReadFile(path); !bytes.Equal(text, original) {
			t.Error("the first step changed the key file")
		}
		// Cut off here, and a sealing key comes in between.
		sealID, err := RotateSeal(path)
		if err != nil {
			t.Fatal(err)
		}
		_, again, err := PrepareLookupChange(path)
		if err != nil || again.Fingerprint() != next.Fingerprint() || !again.Opens(sealID) {
			t.Errorf("the first step again: another key, or a sealing key is missing: %v", err)
		}
		later, err := RotateSeal(path) // between the second step and the third
		if err != nil {
			t.Fatal(err)
		}
		current, _ := os.ReadFile(path)
		kept, err := FinishLookupChange(path)
		if err != nil {
			t.Fatal(err)
		}
		now := mustLoad(t, path)
		if now.Fingerprint() != next.Fingerprint() || !now.Opens(sealID) || !now.Opens(later) || now.SealsWith() != later {
			t.Errorf("it has %+v", now.List())
		}
		if !bytes.Equal(now.Mark("u", "s", "1"), before.Mark("u", "s", "1")) || now.MarkFingerprint() != before.MarkFingerprint() {
			t.Error("marks are others than before")
		}
		if text, err := os.ReadFile(kept); err != nil || !bytes.Equal(text, current) {
			t.Errorf("the file as it was is not kept: %v", err)
		}
		if _, err := os.Stat(NextFile(path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the next file is left: %v", err)
		}
		// Cut off before the next file was removed: the next change has a new key.
		copyTo(t, path, NextFile(path))
		if kept, err := FinishLookupChange(path); err != nil || kept != "" {
			t.Errorf("finished twice: %s %v", kept, err)
		}
		copyTo(t, path, NextFile(path))
		if old, fresh, err := PrepareLookupChange(path); err != nil || fresh.Fingerprint() == old.Fingerprint() {
			t.Errorf("a change to the same key: %v", err)
		}
	}
}

func TestALookupChangeWithANameThatWasTakenByACutOffOneIsFinished(t *testing.T) {
	_, path := newKeys(t)
	_, next, err := PrepareLookupChange(path)
	if err != nil {
		t.Fatal(err)
	}
	// Cut off between keeping the old file and writing the new one.
	if err := keep(path, path+".before-"+next.ring.Load().lookupKey().id); err != nil {
		t.Fatal(err)
	}
	if _, err := FinishLookupChange(path); err != nil || mustLoad(t, path).Fingerprint() != next.Fingerprint() {
		t.Error(err)
	}
}

func TestADamagedNextFileStopsTheChangeAndStays(t *testing.T) {
	_, path := newKeys(t)
	if err := os.WriteFile(NextFile(path), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := PrepareLookupChange(path); !errors.Is(err, ErrKeyFile) {
		t.Errorf("prepared: %v", err)
	}
	if _, err := FinishLookupChange(path); !errors.Is(err, ErrKeyFile) {
		t.Errorf("finished: %v", err)
	}
	if text, _ := os.ReadFile(NextFile(path)); string(text) != "x" {
		t.Error("it was replaced: there may have been the only copy of a key in it")
	}
}

func TestAChangeThatIsCutOffWhileWritingLeavesTheOldFileAndNoRest(t *testing.T) {
	before, path := newKeys(t)
	text, _ := os.ReadFile(path)
	// What a process that died while writing leaves.
	for _, rest := range []string{path + ".part-1", path + ".part-22"} {
		if err := os.WriteFile(rest, text[:len(text)/2], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	holdsAll(t, "the file beside a rest", mustLoad(t, path), before)
	if _, err := RotateSeal(path); err != nil {
		t.Fatal(err)
	}
	if rests, _ := filepath.Glob(path + ".*"); rests != nil {
		t.Errorf("left: %v", rests)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if err := write(path, before.ring.Load().lines[1:]); err == nil {
		t.Error("wrote a file without a sealing key")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateSeal(path); !errors.Is(err, ErrKeyFile) {
		t.Errorf("changed a file that is open to others: %v", err)
	}
}

func TestARunningKeyringAdoptsNewKeysAndLosesNone(t *testing.T) {
	keys, path := newKeys(t)
	id := mustParse(t, Personnummer, testNumber)
	sealed, oldID, _ := keys.Seal("p", id)
	newID, err := RotateSeal(path)
	if err != nil {
		t.Fatal(err)
	}
	reloaded, err := Reload(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Adopt(reloaded); err != nil || keys.SealsWith() != newID {
		t.Fatalf("seals with %s: %v", keys.SealsWith(), err)
	}
	if opened, err := keys.Open("p", sealed, oldID); err != nil || opened != id {
		t.Errorf("%v %v", opened, err)
	}

	lacking := func(purpose string) *Keyring {
		lines := slices.DeleteFunc(slices.Clone(keys.ring.Load().lines), func(k key) bool { return k.purpose == purpose && k.state != "current" })
		lines = slices.DeleteFunc(lines, func(k key) bool { return k.purpose == purpose && purpose == "pseudonym" })
		r := newRing()
		for _, line := range lines {
			if err := r.add(line); err != nil {
				t.Fatal(err)
			}
		}
		return keyringOf(r)
	}
	_, otherLookup, err := PrepareLookupChange(path)
	if err != nil {
		t.Fatal(err)
	}
	foreign, _ := newKeys(t)
	for what, newer := range map[string]*Keyring{
		"another's": foreign, "another look-up key": otherLookup,
		"no earlier sealing key": lacking("seal"), "no log key": lacking("log"), "no pseudonym key": lacking("pseudonym"),
	} {
		print := keys.Fingerprint()
		if err := keys.Adopt(newer); err == nil || keys.Fingerprint() != print || keys.Missing() != nil || !keys.Opens(oldID) {
			t.Errorf("%s was adopted: %v", what, err)
		}
	}
}

func TestAMarkKeyIsAdoptedOnlyIfItIsTheOneInUse(t *testing.T) {
	keys, _ := oldFile(t)
	in := keys.ring.Load()
	for what, c := range map[string]struct {
		mark key
		ok   bool
	}{
		"the look-up key, pinned": {key{"mark", "m", "current", in.lookup}, true},
		"a new one":               {newKey("mark", "current"), false},
	} {
		newer := newRing()
		for _, line := range append(slices.Clone(in.lines), c.mark) {
			if err := newer.add(line); err != nil {
				t.Fatal(err)
			}
		}
		fresh := keyringOf(in)
		if err := fresh.Adopt(keyringOf(newer)); (err == nil) != c.ok || fresh.MarkFingerprint() != keys.MarkFingerprint() {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestGivenKeysNeedNoCheckLineAndOneThatDoesNotFitIsRefused(t *testing.T) {
	keys, path := newKeys(t)
	whole, _ := os.ReadFile(path)
	body, check, _ := strings.Cut(string(whole), "check ")
	for what, text := range map[string]string{
		"whole": string(whole), "without its last line end": strings.TrimSuffix(string(whole), "\n"), "without a check line": body,
		"with empty lines": "\n" + body + "\n\n", "without comments": body[strings.Index(body, heading):],
	} {
		if given, err := ParseGiven(text); err != nil || given.Fingerprint() != keys.Fingerprint() || given.Missing() != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	line, err := NewLine("log", time.Date(2031, 2, 3, 0, 0, 0, 0, time.UTC))
	if err != nil || !strings.Contains(line, " 2031-02 ") {
		t.Fatalf("%s %v", line, err)
	}
	if _, err := ParseGiven(body + line); err != nil {
		t.Error(err)
	}
	for what, text := range map[string]string{
		"a line after the check": string(whole) + line, "a line before the check": body + line + "check " + check,
		"cut within a key": body[:len(body)-9], "nothing": "", "a check of nothing": body + "check \n",
	} {
		if _, err := ParseGiven(text); !errors.Is(err, ErrKeyFile) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(path); err == nil {
		t.Error("the own file was loaded without its check line")
	}
	if _, err := LoadGiven(path); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadGiven(path); !errors.Is(err, ErrKeyFile) {
		t.Errorf("open to others: %v", err)
	}
}

func TestANewLineIsForAPurposeThatMayHaveANewKey(t *testing.T) {
	for _, purpose := range []string{"seal", "lookup", "pseudonym", "log"} {
		line, err := NewLine(purpose, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if key, err := parseKey(strings.TrimSuffix(line, "\n")); err != nil || key.purpose != purpose || newRing().add(key) != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := NewLine("mark", time.Now()); err == nil || !strings.Contains(err.Error(), "come back") {
		t.Errorf("mark: %v", err)
	}
	if _, err := NewLine("else", time.Now()); err == nil {
		t.Error("a purpose of its own")
	}
}

// FuzzKeyFile: whatever a key file holds, it is refused, or it holds the keys
// that its own text would give again. No error shows what it was made of.
func FuzzKeyFile(f *testing.F) {
	secret := newKey("seal", "current")
	f.Add([]byte(heading + "\n" + secret.line() + newKey("lookup", "current").line()))
	f.Add(encodeKeys(freshKeys()))
	f.Add([]byte("#\n" + heading1 + "\nseal a opens x\n\ncheck \n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, parse := range []func([]byte) (*ring, error){parseKeys, parseGiven} {
			given := bytes.Clone(text)
			keys, err := parse(given)
			if !bytes.Equal(given, text) {
				t.Fatal("the text was changed")
			}
			if err != nil {
				for _, word := range strings.Fields(string(text)) {
					if len(word) > 40 && strings.Contains(err.Error(), word) {
						t.Fatalf("the error repeats the text: %v", err)
					}
				}
				continue
			}
			again, err := parseKeys(encodeKeys(keys.lines))
			if err != nil || !slices.EqualFunc(again.lines, keys.lines, func(a, b key) bool { return a.isSame(b) && a.state == b.state }) {
				t.Fatalf("written and read again it is another: %v", err)
			}
			if _, ok := keys.seals[keys.sealing]; !ok || len(keys.lookup) != keySize {
				t.Fatal("accepted without keys")
			}
		}
	})
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
