// Package pgtest starts a PostgreSQL server of its own for tests: real,
// with its safety settings on, reached by a socket in a temporary folder, and
// gone when the test binary is.
//
//	address := pgtest.Database(t) // an empty database, dropped after the test
//
// One server serves all tests of a binary. It speaks Swedish by default, so
// that a text which is not compared byte by byte sorts otherwise than on
// SQLite. Where PAINSCORE_TEST_POSTGRES holds the address of a server, with a
// role that may create databases, that one is used instead. Without either a
// test is skipped; not where CI=true, which is where it must run.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Variable is the environment variable that names a server to use instead.
const Variable = "PAINSCORE_TEST_POSTGRES"

// startTime bounds how long a server may take until it answers.
const startTime = 30 * time.Second

var (
	one     = sync.OnceValues(New)
	counter atomic.Int64
)

// Database makes an empty database and returns its address. It is dropped when
// the test ends, whoever is still connected.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, "template1")
}

// Copy makes a database like the one at an address, to which nobody may be
// connected: faster than bringing a schema up to date for each test.
func Copy(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return create(t, strings.TrimPrefix(u.Path, "/"))
}

func create(t testing.TB, template string) string {
	t.Helper()
	server := os.Getenv(Variable)
	if server == "" {
		server = shared(t).Address("postgres")
	}
	name := fmt.Sprintf("painscore_test_%d_%d", os.Getpid(), counter.Add(1))
	execute(t, server, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	return within(t, server, name)
}

// Require returns a server of the test's own, which it may stop and start, or
// skips the test.
func Require(t testing.TB) *Server {
	t.Helper()
	server, err := New()
	missing(t, err)
	t.Cleanup(func() { server.End() })
	return server
}

func shared(t testing.TB) *Server {
	t.Helper()
	server, err := one()
	missing(t, err)
	return server
}

// missing skips a test that has no server, except where it must run.
func missing(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errNotInstalled) && os.Getenv("CI") != "true":
		t.Skipf("%v: install it (Debian: postgresql), or name a server in %s", err, Variable)
	default:
		t.Fatal(err)
	}
}

// within is the address of another database of the same server.
func within(t testing.TB, address, database string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("%s is not an address such as postgres://role@host/database", Variable)
	}
	u.Path = "/" + database
	return u.String()
}

func execute(t testing.TB, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(context.Background(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

var errNotInstalled = errors.New("no PostgreSQL server is installed here")

// Server is a running server and its data.
type Server struct {
	folder string
	run    *exec.Cmd
	leash  *os.File // the server ends when nobody holds this any more
}

// New makes the data of a server and starts it.
func New() (*Server, error) {
	programs, err := programFolder()
	if err != nil {
		return nil, err
	}
	// Not os.TempDir: the name of a socket must stay under 108 bytes.
	folder, err := os.MkdirTemp("/tmp", "pg-")
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged(folder)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	initdb := exec.Command(filepath.Join(programs, "initdb"), "-D", filepath.Join(folder, "data"), "-U", "postgres",
		"-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=sv-SE")
	initdb.SysProcAttr, initdb.Dir = owner, folder
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(folder))
	}
	s := &Server{folder: folder}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.End())
	}
	return s, nil
}

// programFolder is where the newest server's programs lie; Debian keeps them
// off the PATH.
func programFolder() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb), nil
	}
	newest, number := "", 0
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, initdb := range found {
		folder := filepath.Dir(initdb)
		if n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder))); n > number {
			newest, number = folder, n
		}
	}
	if newest == "" {
		return "", errNotInstalled
	}
	return newest, nil
}

// unprivileged says whom the server runs as, and gives the folder to them.
// PostgreSQL refuses to be root.
func unprivileged(folder string) (*syscall.SysProcAttr, error) {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attributes, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attributes, os.Chown(folder, int(uid), int(gid))
}

// keeper starts the server and ends it when a line comes, or when whoever could
// send one is gone: also a test binary that was killed leaves nothing behind.
// SIGQUIT is PostgreSQL's immediate stop, which is a crash with its files kept.
const keeper = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=on -c full_page_writes=on \
	-c max_connections=200 -c log_error_verbosity=terse >>"$2/log" 2>&1 & server=$!
read -r line
kill -QUIT $server; wait $server
[ "$line" = keep ] || { cd / && rm -rf "$2"; }`

// Start starts a server that was stopped, and waits until it answers.
func (s *Server) Start() error {
	programs, err := programFolder()
	if err != nil {
		return err
	}
	ours, leash, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ours.Close()
	run := exec.Command("/bin/sh", "-c", keeper, "keeper", programs, s.folder)
	if run.SysProcAttr, err = unprivileged(s.folder); err != nil {
		return err
	}
	run.Stdin, run.Dir = ours, s.folder
	if err := run.Start(); err != nil {
		return errors.Join(err, leash.Close())
	}
	s.run, s.leash = run, leash
	return s.wait()
}

func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTime)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.Address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			log, _ := os.ReadFile(filepath.Join(s.folder, "log"))
			return fmt.Errorf("the private server does not answer: %w\n%s", err, log)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Crash stops the server as a power cut would, its files aside: nothing is
// finished. Start brings it back.
func (s *Server) Crash() error { return s.stop("keep\n") }

// End stops the server for good and deletes its data.
func (s *Server) End() error {
	err := s.stop("end\n")
	return errors.Join(err, os.RemoveAll(s.folder))
}

func (s *Server) stop(line string) error {
	if s.run == nil {
		return nil
	}
	_, err := s.leash.WriteString(line)
	err = errors.Join(err, s.leash.Close())
	var exited *exec.ExitError // the server's own status after a crash is of no interest
	if e := s.run.Wait(); e != nil && !errors.As(e, &exited) {
		err = errors.Join(err, e)
	}
	s.run = nil
	return err
}

// Address is that of a database of the server.
func (s *Server) Address(database string) string {
	return "postgres://postgres@/" + database + "?" + strings.ReplaceAll(url.Values{"host": {s.folder}}.Encode(), "+", "%20")
}
