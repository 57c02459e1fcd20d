package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/painscore/painscore/server/access"
)

// LocalTokenFile is the name of the token file in the data folder.
const LocalTokenFile = "local.token"

// localTokenBytes is how many random bytes a token has.
const localTokenBytes = 32

// LocalToken is what a caller of local mode shows: only who may read the data
// folder of this machine's user can. It keeps the hash, so that no dump of the
// memory has the token, and comparing takes the same time for every guess.
type LocalToken struct {
	sum     [sha256.Size]byte
	linkKey [sha256.Size]byte // of the links to the pages; see PagesLink
}

// ErrTokenFile: the token file is there and cannot be used. The error that wraps
// it says why and what to do.
var ErrTokenFile = errors.New("signin: the local token file cannot be used")

// LoadOrMakeLocalToken reads the token file in a data folder, or makes one,
// readable by this user only, if there is none. The error is ErrTokenFile if the
// file is open to other users or damaged.
func LoadOrMakeLocalToken(folder string) (*LocalToken, error) {
	path := filepath.Join(folder, LocalTokenFile)
	token, err := loadLocalToken(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return token, err
	}
	if err := makeLocalToken(path); err != nil && !errors.Is(err, fs.ErrExist) { // another process was faster
		return nil, err
	}
	return loadLocalToken(path)
}

func loadLocalToken(path string) (*LocalToken, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("signin: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("signin: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a file", ErrTokenFile, path)
	}
	// Windows has no such permissions.
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, fmt.Errorf("%w: %s can be used by other users (mode %04o): delete it, as somebody may have read it; the next start makes a new one", ErrTokenFile, path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<10))
	if err != nil {
		return nil, fmt.Errorf("signin: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(token); err != nil || len(raw) != localTokenBytes {
		return nil, fmt.Errorf("%w: %s is damaged: delete it; the next start makes a new one", ErrTokenFile, path)
	}
	return &LocalToken{sum: sha256.Sum256([]byte(token)), linkKey: sha256.Sum256([]byte("painscore links " + token))}, nil
}

// makeLocalToken makes a token file that is either whole or not there at all. It
// never replaces one: fs.ErrExist.
func makeLocalToken(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("signin: %w", err)
	}
	file, err := os.CreateTemp(folder, filepath.Base(path)+".new-*") // O_EXCL, 0600
	if err != nil {
		return fmt.Errorf("signin: %w", err)
	}
	defer os.Remove(file.Name())
	token := make([]byte, localTokenBytes)
	rand.Read(token) // never fails: the program ends instead
	_, err = file.WriteString(base64.RawURLEncoding.EncodeToString(token) + "\n")
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("signin: make the token file: %w", err)
	}
	// Unlike a rename, a link fails if the name is taken.
	if err := os.Link(file.Name(), path); err != nil {
		return fmt.Errorf("signin: make the token file: %w", err)
	}
	return nil
}

func (t *LocalToken) is(given string) bool {
	sum := sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1
}

// localCaller is whoever sits at the machine. One person may say for which unit
// and purpose, but not be somebody else: nothing here could tell.
func (a *Authenticator) localCaller(given Credentials, address netip.Addr) (access.Caller, *Refusal) {
	if !address.IsLoopback() {
		return access.Caller{}, unauthenticated(LocalElsewhere)
	}
	if a.local != nil {
		if len(given.Authorization) == 0 {
			return access.Caller{}, unauthenticated(NoLocalToken)
		}
		bearer, refusal := bearerToken(given.Authorization)
		if refusal != nil {
			return access.Caller{}, refusal
		}
		if !a.local.is(bearer) {
			return access.Caller{}, unauthenticated(WrongLocalToken)
		}
	}
	local := access.Local()
	g := grant{system: local.System, user: local.User, roles: local.Roles, units: []string{Any}, purpose: local.Purpose, may: []string{assertUnit, assertPurpose}}
	caller, refusal := g.caller(given.Asserted)
	if refusal != nil {
		return access.Caller{}, refusal
	}
	caller.AnyUnit, caller.Local = local.AnyUnit, local.Local
	return caller, nil
}
