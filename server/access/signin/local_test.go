package signin

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/painscore/painscore/server/access"
)

func localTest(t *testing.T) (a *Authenticator, token string) {
	t.Helper()
	folder := t.TempDir()
	local, err := LoadOrMakeLocalToken(folder)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, LocalTokenFile))
	if err != nil {
		t.Fatal(err)
	}
	if a, err = New(Config{}, Options{Local: local}); err != nil {
		t.Fatal(err)
	}
	a.refusals.every = time.Millisecond
	return a, strings.TrimSpace(string(text))
}

func TestLocalModeTakesTheTokenOfItsFileFromThisMachine(t *testing.T) {
	a, token := localTest(t)
	tests := []struct {
		name, from string
		header     []string
		asserted   Assertions
		why        Why
	}{
		{"the token", "127.0.0.1:4000", []string{"Bearer " + token}, Assertions{}, ""},
		{"over IPv6", "[::1]:4000", []string{"bearer " + token}, Assertions{}, ""},
		{"over IPv4 in IPv6", "[::ffff:127.0.0.1]:4000", []string{"Bearer " + token}, Assertions{}, ""},
		{"no token", "127.0.0.1:4000", nil, Assertions{}, NoLocalToken},
		{"another token", "127.0.0.1:4000", []string{"Bearer " + strings.Repeat("A", len(token))}, Assertions{}, WrongLocalToken},
		{"a part of it", "127.0.0.1:4000", []string{"Bearer " + token[:len(token)-1]}, Assertions{}, WrongLocalToken},
		{"twice", "127.0.0.1:4000", []string{"Bearer " + token, "Bearer " + token}, Assertions{}, BadAuthorization},
		{"from another machine", "192.0.2.7:4000", []string{"Bearer " + token}, Assertions{}, LocalElsewhere},
		{"from nowhere", "", []string{"Bearer " + token}, Assertions{}, LocalElsewhere},
		{"from a name", "localhost:4000", []string{"Bearer " + token}, Assertions{}, LocalElsewhere},
		{"as itself", "127.0.0.1:4000", []string{"Bearer " + token}, Assertions{User: []string{"local"}}, ""},
		{"as somebody else", "127.0.0.1:4000", []string{"Bearer " + token}, Assertions{User: []string{"SE1-P"}}, UserNotAllowed},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := a.Authenticate(t.Context(), Credentials{Authorization: tc.header, RemoteAddr: tc.from, Asserted: tc.asserted})
			if why := whyOf(t, err); why != tc.why {
				t.Fatalf("refused with %q, want %q", why, tc.why)
			}
			want := access.Caller{}
			if tc.why == "" {
				want = access.Local()
				want.Address = addressOf(tc.from).String()
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLocalModeTakesUnitAndPurpose(t *testing.T) {
	a, token := localTest(t)
	got, err := a.Authenticate(t.Context(), Credentials{Authorization: []string{"Bearer " + token}, RemoteAddr: "127.0.0.1:1",
		Asserted: Assertions{Unit: []string{"unit-1"}, Purpose: []string{"statistics"}}})
	if err != nil || got.Unit != "unit-1" || got.Purpose != access.Statistics || !got.AnyUnit || !got.Local {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestADemoNeedsNoTokenButStaysOnItsMachine(t *testing.T) {
	a, err := New(Config{}, Options{Tokenless: true})
	if err != nil {
		t.Fatal(err)
	}
	a.refusals.every = time.Millisecond
	if got, err := a.Authenticate(t.Context(), Credentials{RemoteAddr: "127.0.0.1:1"}); err != nil || !got.Local {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := a.Authenticate(t.Context(), Credentials{RemoteAddr: "192.0.2.7:1"}); whyOf(t, err) != LocalElsewhere {
		t.Errorf("got %v", err)
	}
}

func TestNobodyIsAskedAndNobodyIsLetInByMistake(t *testing.T) {
	if _, err := New(Config{}, Options{}); err == nil {
		t.Error("an authenticator without any configuration")
	}
	if _, err := New(Config{Systems: []System{{Name: "a"}}}, Options{Tokenless: true}); err == nil {
		t.Error("local mode beside a configuration")
	}
	if _, err := New(Config{Systems: []System{{Name: "a"}}}, Options{}); err == nil {
		t.Error("an authenticator of a configuration with problems")
	}
}

func TestTheLocalTokenFileIsMadeOnceForThisUserOnly(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	sums := make([][32]byte, 8)
	var starting sync.WaitGroup
	for i := range sums {
		starting.Go(func() {
			if token, err := LoadOrMakeLocalToken(folder); err != nil {
				t.Error(err)
			} else {
				sums[i] = token.sum
			}
		})
	}
	starting.Wait()
	if len(slices.Compact(sums)) != 1 || sums[0] == [32]byte{} {
		t.Error("processes that start together have different tokens")
	}
	path := filepath.Join(folder, LocalTokenFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(raw) != 32 {
		t.Errorf("%d bytes, %v", len(raw), err)
	}
	other, err := LoadOrMakeLocalToken(t.TempDir())
	if err != nil || other.sum == sums[0] {
		t.Errorf("two folders have one token (%v)", err)
	}
}

func TestALocalTokenFileThatCannotBeTrustedStopsTheStart(t *testing.T) {
	good := strings.Repeat("A", 43)
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"readable by the group":    {good, 0o640},
		"readable by everybody":    {good, 0o604},
		"empty":                    {"", 0o600},
		"short":                    {good[:42], 0o600},
		"long":                     {good + good, 0o600},
		"of other characters":      {strings.Repeat("*", 43), 0o600},
		"with a line behind":       {good + "\n" + good, 0o600},
		"with bits that mean none": {good[:42] + "B", 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, LocalTokenFile)
			write(t, path, []byte(tc.text))
			if err := os.Chmod(path, tc.mode); err != nil {
				t.Fatal(err)
			}
			_, err := LoadOrMakeLocalToken(folder)
			if !errors.Is(err, ErrTokenFile) {
				t.Errorf("got %v", err)
			}
			if text, _ := os.ReadFile(path); string(text) != tc.text {
				t.Error("the file was replaced")
			}
			if err != nil && tc.text != "" && strings.Contains(err.Error(), tc.text) {
				t.Error("the error quotes the token")
			}
		})
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, LocalTokenFile), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrMakeLocalToken(folder); !errors.Is(err, ErrTokenFile) {
		t.Errorf("a folder: %v", err)
	}
}
