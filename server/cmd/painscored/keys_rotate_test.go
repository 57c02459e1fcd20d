package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/painscore/painscore/client"
	pb "github.com/painscore/painscore/proto/painscore/v1"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/store"
	"github.com/painscore/painscore/server/store/sqlite"
)

// keysOf loads the key file of a store.
func keysOf(t *testing.T, dir string) *identity.Keyring {
	t.Helper()
	keys, err := identity.Load(filepath.Join(dir, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// twoKeyFile makes the key file of the first release, which had two keys.
func twoKeyFile(t *testing.T, dir string) {
	t.Helper()
	body := "painscore-keys 1\n"
	for _, purpose := range []string{"seal", "lookup"} {
		line, err := identity.NewLine(purpose, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		body += line
	}
	sum := sha256.Sum256([]byte(body))
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte(body+"check "+hex.EncodeToString(sum[:8])+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// attempt starts painscored and reports why it does not stay.
func attempt(t *testing.T, env map[string]string, args ...string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	return run(ctx, append(args, "--grpc", "127.0.0.1:0", "--web", "127.0.0.1:0"), func(name string) string { return env[name] }, io.Discard, io.Discard)
}

// offline opens the store of a server that is stopped.
func offline(t *testing.T, dir string) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(dir, databaseFile), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// sealedWith are the ids of the keys in use.
func sealedWith(t *testing.T, dir string) []string {
	t.Helper()
	st := offline(t, dir)
	defer st.Close()
	ids, err := st.SealingKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// trendOf reads the trend of the patient of submit.
func trendOf(t *testing.T, p *program) error {
	t.Helper()
	_, err := p.dial(t).Patients().GetTrend(t.Context(), &pb.GetTrendRequest{CareUnit: "unit-1", EpisodeId: "one", Patient: client.Personnummer(personnummer)})
	return err
}

func TestTheSealingKeyChangesWhileServingAndTheOldOneIsRetiredWhenNothingNeedsIt(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	first := keysOf(t, dir).SealsWith()
	p := start(t, dir)
	if said := mustOperate(t, dir, "keys", "rotate", "seal"); !strings.Contains(said, "Save the key file") {
		t.Errorf("it says %s", said)
	}
	second := keysOf(t, dir).SealsWith()
	eventually(t, "the server seals anew", func() bool {
		return strings.Contains(p.output.String(), "is sealed with the current one") && strings.Contains(p.output.String(), second)
	})
	if err := trendOf(t, p); err != nil {
		t.Error(err)
	}
	if _, err := operate(t, dir, "keys", "retire"); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("retired beside a server: %v", err)
	}
	if err := p.stop(); err != nil {
		t.Fatal(err)
	}
	if got := sealedWith(t, dir); len(got) != 1 || got[0] != second {
		t.Errorf("sealed with %v, not only with %s", got, second)
	}
	if _, err := operate(t, dir, "keys", "retire"); err == nil || !strings.Contains(err.Error(), "has not been saved") || !keysOf(t, dir).Opens(first) {
		t.Errorf("retired a key that was saved nowhere: %v", err)
	}
	mustOperate(t, dir, "keys", "save", "--to", filepath.Join(t.TempDir(), "keys"))
	if said := mustOperate(t, dir, "keys", "retire"); !strings.Contains(said, first) || keysOf(t, dir).Opens(first) {
		t.Errorf("it says %s", said)
	}
	if said := mustOperate(t, dir, "keys", "retire"); !strings.Contains(said, "no earlier") {
		t.Errorf("again: %s", said)
	}
	if err := trendOf(t, start(t, dir)); err != nil {
		t.Error(err)
	}
}

func TestAKeyThatIdentitiesNeedIsNotRetired(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	first := keysOf(t, dir).SealsWith()
	mustOperate(t, dir, "keys", "rotate", "seal")
	mustOperate(t, dir, "keys", "save", "--to", filepath.Join(t.TempDir(), "keys"))
	if _, err := operate(t, dir, "keys", "retire"); err == nil || !strings.Contains(err.Error(), "still sealed with "+first) || !keysOf(t, dir).Opens(first) {
		t.Errorf("retired: %v", err)
	}
	// What the stop of a server cut off, the next start goes on with.
	p := start(t, dir)
	eventually(t, "the rest is sealed anew", func() bool { return strings.Contains(p.output.String(), "is sealed with the current one") })
	p.stop()
	mustOperate(t, dir, "keys", "retire")
}

func TestAnIdentityWithAKeyThatIsMissingStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	old, away := filepath.Join(dir, keyFile), filepath.Join(t.TempDir(), "keys")
	copyFile(t, old, away)
	mustOperate(t, dir, "keys", "rotate", "seal")
	id := keysOf(t, dir).SealsWith()
	p := start(t, dir)
	eventually(t, "sealed anew", func() bool { return strings.Contains(p.output.String(), "is sealed with the current one") })
	p.stop()
	copyFile(t, away, old)
	if err := attempt(t, nil, "--data", dir); err == nil || !strings.Contains(err.Error(), id) || !strings.Contains(err.Error(), "newest copy") {
		t.Errorf("with a copy from before: %v", err)
	}
}

func TestAKeyFileThatIsSpoiledUnderAServerDoesNotStopIt(t *testing.T) {
	dir := t.TempDir()
	p := start(t, dir)
	if err := os.WriteFile(filepath.Join(dir, keyFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is told", func() bool { return strings.Contains(p.output.String(), "cannot be taken") })
	if err := submit(t.Context(), p.dial(t), "one"); err != nil {
		t.Error(err)
	}
}

func TestAnotherLookupKeyFindsThePatientsAndStillKnowsWhoWasErased(t *testing.T) {
	dir := t.TempDir()
	twoKeyFile(t, dir) // in which the look-up key marks what is erased
	backup := twoPatientsIn(t, dir)
	p := start(t, dir)
	onlyStays(t, p)
	if _, err := operate(t, dir, "keys", "rotate", "lookup"); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	p.stop()
	before := keysOf(t, dir)
	said := mustOperate(t, dir, "keys", "rotate", "lookup")
	after := keysOf(t, dir)
	if before.Fingerprint() == after.Fingerprint() || before.MarkFingerprint() != after.MarkFingerprint() || before.PseudonymFingerprint() != after.PseudonymFingerprint() {
		t.Errorf("the wrong key changed: %+v", after.List())
	}
	kept := regexp.MustCompile(`\S+\.before-\w+`).FindString(said)
	if old, err := identity.Load(kept); err != nil || old.Fingerprint() != before.Fingerprint() {
		t.Errorf("the old file is not kept: %v\n%s", err, said)
	}
	p = start(t, dir)
	onlyStays(t, p)
	// The patient is the one known before, not a second one.
	reply, err := p.dial(t).Patients().ListEpisodes(t.Context(), &pb.ListEpisodesRequest{CareUnit: "unit-1", Patient: client.Personnummer(otherNumber)})
	if err != nil || len(reply.Episodes) != 1 {
		t.Errorf("%d episodes, %v", len(reply.GetEpisodes()), err)
	}
	p.stop()
	// A backup from before goes with the key file from before.
	if _, err := operate(t, dir, "restore", "--from", backup); !errors.Is(err, errForeignKeys) {
		t.Errorf("a backup from before, with the new key: %v", err)
	}
}

func TestALookupChangeThatWasCutOffIsFinishedByTheNextStartOrTheNextCommand(t *testing.T) {
	for name, goOn := range map[string]func(t *testing.T, dir string){
		"by the start": func(t *testing.T, dir string) {
			p := start(t, dir)
			if !strings.Contains(p.output.String(), "had been cut off") {
				t.Error("it is not told")
			}
			p.stop()
		},
		"by the command": func(t *testing.T, dir string) {
			if said := mustOperate(t, dir, "keys", "rotate", "lookup"); !strings.Contains(said, "finished") {
				t.Errorf("it says %s", said)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			withForms(t, dir, "one")
			path := filepath.Join(dir, keyFile)
			old, next, err := identity.PrepareLookupChange(path)
			if err != nil {
				t.Fatal(err)
			}
			// After the first step all is as before.
			p := start(t, dir)
			if err := trendOf(t, p); err != nil {
				t.Error(err)
			}
			p.stop()
			if got := keysOf(t, dir).Fingerprint(); got != old.Fingerprint() {
				t.Error("a change that was not made in the database was finished")
			}
			// After the second the key file is still the old one.
			st := offline(t, dir)
			if n, err := rehash(t.Context(), st, old, next); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			if err := st.Close(); err != nil {
				t.Fatal(err)
			}
			goOn(t, dir)
			if got := keysOf(t, dir).Fingerprint(); got != next.Fingerprint() {
				t.Error("the key file has not got the new key")
			}
			if _, err := os.Stat(identity.NextFile(path)); err == nil {
				t.Error("the next file is left")
			}
			if err := trendOf(t, start(t, dir)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestALookupChangeStopsAtAnIdentityThatDoesNotOpen(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	before := keysOf(t, dir)
	st := offline(t, dir)
	spoil := func(id store.Identity) (store.Identity, error) {
		id.Sealed, id.KeyID = bytes.Repeat([]byte{7}, 60), "x"
		return id, nil
	}
	if _, _, err := st.Reseal(t.Context(), "none", nil, 1, spoil); err != nil {
		t.Fatal(err)
	}
	back := func(id store.Identity) (store.Identity, error) { id.KeyID = before.SealsWith(); return id, nil }
	if _, _, err := st.Reseal(t.Context(), "none", nil, 1, back); err != nil {
		t.Fatal(err)
	}
	st.Close()
	if _, err := operate(t, dir, "keys", "rotate", "lookup"); !errors.Is(err, identity.ErrNotOpened) || keysOf(t, dir).Fingerprint() != before.Fingerprint() {
		t.Errorf("rotated: %v", err)
	}
	mustOperate(t, dir, "keys", "rotate", "seal")
	p := start(t, dir)
	eventually(t, "it is told", func() bool { return strings.Contains(p.output.String(), "were left as they are") })
}

func TestPseudonymAndMarkKeysAreNotRotated(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	before, _ := os.ReadFile(filepath.Join(dir, keyFile))
	for purpose, why := range map[string]string{"pseudonym": "follow a patient", "mark": "come back", "else": "seal, lookup or log"} {
		if _, err := operate(t, dir, "keys", "rotate", purpose); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", purpose, err)
		}
	}
	if after, _ := os.ReadFile(filepath.Join(dir, keyFile)); !bytes.Equal(before, after) {
		t.Error("the key file was changed")
	}
	if said := mustOperate(t, dir, "keys", "rotate", "log"); !regexp.MustCompile(`From \d{4}-\d\d on`).MatchString(said) {
		t.Errorf("it says %s", said)
	}
}

func TestAnOldCopyWithoutThePseudonymKeyInUseStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	name, old := filepath.Join(dir, keyFile), filepath.Join(t.TempDir(), "old")
	twoKeyFile(t, dir)
	copyFile(t, name, old)
	withForms(t, dir, "one")
	if missing := keysOf(t, dir).Missing(); missing != nil {
		t.Fatalf("the start did not add the keys for %v", missing)
	}
	copyFile(t, old, name)
	before, _ := os.ReadFile(name)
	if err := attempt(t, nil, "--data", dir); !errors.Is(err, errForeignPseudonym) {
		t.Errorf("started: %v", err)
	}
	if after, _ := os.ReadFile(name); !bytes.Equal(before, after) {
		t.Error("another key was put into its place")
	}
}

func TestOfTwoProcessesThatCompleteTheirFilesAtOnceOneIsRefused(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	st := offline(t, dir)
	defer st.Close()
	own := keysOf(t, dir)
	if err := noteKeys(t.Context(), own, st); err != nil {
		t.Errorf("its own keys: %v", err)
	}
	other := t.TempDir()
	withForms(t, other, "one")
	if err := noteKeys(t.Context(), keysOf(t, other), st); err == nil {
		t.Error("the store took other keys without a word")
	}
}

func TestAnotherLogKeyStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	text, _ := os.ReadFile(filepath.Join(dir, keyFile))
	line, _ := identity.NewLine("log", time.Now())
	other := regexp.MustCompile(`(?m)^log .*\n`).ReplaceAllString(string(text), line)
	body, _, _ := strings.Cut(other, "check ")
	if err := attempt(t, map[string]string{keysEnv: body}, "--data", dir); !errors.Is(err, errForeignLog) {
		t.Errorf("started: %v", err)
	}
}

func TestAnotherMarkKeyThanTheFirstLookupKeyStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	twoKeyFile(t, dir)
	withForms(t, dir, "one")
	text, _ := os.ReadFile(filepath.Join(dir, keyFile))
	body, _, _ := strings.Cut(string(text), "check ")
	line, _ := identity.NewLine("seal", time.Now())
	if err := attempt(t, map[string]string{keysEnv: body}, "--data", dir); err != nil {
		t.Fatal(err)
	}
	if err := attempt(t, map[string]string{keysEnv: body + strings.Replace(line, "seal", "mark", 1)}, "--data", dir); !errors.Is(err, errForeignMark) {
		t.Errorf("started: %v", err)
	}
}

func TestKeysAreListedAndNotShown(t *testing.T) {
	dir := t.TempDir()
	withForms(t, dir, "one")
	mustOperate(t, dir, "keys", "rotate", "seal")
	said := mustOperate(t, dir, "keys", "list")
	text, _ := os.ReadFile(filepath.Join(dir, keyFile))
	lines := regexp.MustCompile(`(?m)^(\w+) (\w+) (\S+) (\S+)$`).FindAllStringSubmatch(string(text), -1)
	if len(lines) != 6 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		if !regexp.MustCompile(`(?m)^` + line[1] + ` +` + line[2] + ` .*` + line[3]).MatchString(said) {
			t.Errorf("%s %s is not listed:\n%s", line[1], line[2], said)
		}
		if strings.Contains(said, line[4][:12]) {
			t.Error("a key is shown")
		}
	}
}

func TestKeysFromTheEnvironmentAreUsedAndNothingIsWritten(t *testing.T) {
	made := t.TempDir()
	withForms(t, made, "one")
	text, _ := os.ReadFile(filepath.Join(made, keyFile))
	given := filepath.Join(t.TempDir(), "given")
	copyFile(t, filepath.Join(made, keyFile), given)
	for name, env := range map[string]map[string]string{
		"as a text": {keysEnv: string(text)}, "as a file": {keysFileEnv: given},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			copyFile(t, filepath.Join(made, databaseFile), filepath.Join(dir, databaseFile))
			if err := attempt(t, env, "--data", dir); err != nil {
				t.Errorf("with the keys: %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, keyFile)); err == nil {
				t.Error("a key file was made")
			}
			if after, _ := os.ReadFile(given); !bytes.Equal(after, text) {
				t.Error("the file was changed")
			}
			for _, args := range [][]string{{"keys", "rotate", "seal"}, {"keys", "rotate", "lookup"}, {"keys", "retire"}, {"keys", "save", "--to", filepath.Join(t.TempDir(), "k")}} {
				if err := attemptOperate(t, env, append(args, "--data", dir)...); err == nil || !strings.Contains(err.Error(), "the keys are in") {
					t.Errorf("%v: %v", args, err)
				}
			}
			if err := attemptOperate(t, env, "keys", "check", "--file", given, "--data", dir); err != nil {
				t.Errorf("check: %v", err)
			}
		})
	}
	both := map[string]string{keysEnv: string(text), keysFileEnv: given}
	if err := attempt(t, both, "--data", made); err == nil || !strings.Contains(err.Error(), "give one") {
		t.Errorf("both: %v", err)
	}
	if err := attempt(t, map[string]string{keysEnv: string(text[:300])}, "--data", made); err == nil || !strings.Contains(err.Error(), "$"+keysEnv) {
		t.Errorf("cut: %v", err)
	}
}

func TestAMissingKeyInTheEnvironmentIsNamedWithTheCommandThatMakesIt(t *testing.T) {
	dir := t.TempDir()
	seal, _ := identity.NewLine("seal", time.Now())
	lookup, _ := identity.NewLine("lookup", time.Now())
	text := "painscore-keys 2\n" + seal + lookup
	for _, purpose := range []string{"pseudonym", "log"} {
		err := attempt(t, map[string]string{keysEnv: text}, "--data", dir)
		if err == nil || !strings.Contains(err.Error(), "keys new-line "+purpose) {
			t.Fatalf("without %s: %v", purpose, err)
		}
		var line bytes.Buffer
		if err := run(t.Context(), []string{"keys", "new-line", purpose}, func(string) string { return "" }, &line, &line); err != nil {
			t.Fatal(err)
		}
		text += line.String()
	}
	if err := attempt(t, map[string]string{keysEnv: text}, "--data", dir); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), []string{"keys", "new-line", "mark"}, func(string) string { return "" }, io.Discard, io.Discard); err == nil {
		t.Error("a new mark key")
	}
}

func attemptOperate(t *testing.T, env map[string]string, args ...string) error {
	t.Helper()
	return run(t.Context(), args, func(name string) string { return env[name] }, io.Discard, io.Discard)
}

func TestPostgreSQLIsNotTouchedBeforeSomebodySaysThatAllAreStopped(t *testing.T) {
	for _, args := range [][]string{{"keys", "rotate", "lookup"}, {"keys", "retire"}} {
		_, err := operate(t, t.TempDir(), append(args, "--store", "postgres://nobody@127.0.0.1:1/none?sslmode=disable")...)
		if err == nil || !strings.Contains(err.Error(), "--all-stopped") {
			t.Errorf("%v: %v", args, err)
		}
	}
	if _, err := operate(t, filepath.Join(t.TempDir(), "no"), "keys", "rotate", "lookup"); err == nil || !strings.Contains(err.Error(), "no store") {
		t.Errorf("made a store: %v", err)
	}
}
