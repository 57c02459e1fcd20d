package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// schema holds every table. A schema of our own, and nothing else on the search
// path: what another program of the site keeps in public can neither stand in
// for a table of ours nor be mistaken for one, and a DBA grants and dumps one
// name.
const schema = "painscore"

// connectTime is how long making a connection may take, where the address does
// not say: long enough for a handshake across a region, short enough that a
// caller hears of it.
const connectTime = "5"

// everywhere are the settings of every connection. They are parameters of the
// connection, so that one made anew after a restart has them too.
var everywhere = map[string]string{
	"application_name": "painscored",
	"search_path":      schema,
	"client_encoding":  "UTF8",
	// A process whose machine is gone must not hold a care unit's counter for
	// the two hours that the kernel would wait.
	"tcp_keepalives_idle":     "10",
	"tcp_keepalives_interval": "5",
	"tcp_keepalives_count":    "3",
}

// purpose is what a pool's connections are for.
type purpose struct {
	settings map[string]string
	check    func(context.Context, *pgx.Conn) error
}

var (
	// writing: what is read after the counter row was taken must be what others
	// have committed till then, hence read committed. A wait for another
	// process ends, and so does one that stopped in the middle.
	writing = purpose{
		settings: map[string]string{
			"default_transaction_isolation":       "read committed",
			"default_transaction_read_only":       "off",
			"lock_timeout":                        "10s",
			"idle_in_transaction_session_timeout": "20s",
			// A VACUUM that was skipped is told by a warning only; see purge.go.
			"client_min_messages": "warning",
		},
		check: checkWriter,
	}
	reading = purpose{
		settings: map[string]string{"default_transaction_read_only": "on"},
		check:    checkReader,
	}
	// migrating waits for as long as another process takes to migrate.
	migrating = purpose{
		settings: map[string]string{
			"default_transaction_isolation":       "read committed",
			"default_transaction_read_only":       "off",
			"lock_timeout":                        "0",
			"statement_timeout":                   "0",
			"idle_in_transaction_session_timeout": "0",
		},
		check: checkWriter,
	}
)

// place is a database and how to reach it.
type place struct{ config *pgxpool.Config }

// IsAddress says whether a text is meant as the address of a PostgreSQL database.
func IsAddress(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// Place is what may be shown of an address: the host and the database.
func Place(address string) string {
	where, err := parse(address)
	if err != nil {
		return "a PostgreSQL database"
	}
	return where.String()
}

// parse reads an address. What it says of one that it cannot read repeats
// nothing of it: where it is misspelt, a password may stand anywhere.
func parse(address string) (place, error) {
	u, err := url.Parse(address)
	if err != nil || !IsAddress(address) {
		return place{}, fmt.Errorf("%w: postgres://role@host/database?sslmode=verify-full is what one looks like; signs such as / or @ in a password are written as %%2F or %%40", ErrAddress)
	}
	query := u.Query()
	if !query.Has("connect_timeout") {
		query.Set("connect_timeout", connectTime)
		u.RawQuery = query.Encode()
	}
	config, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return place{}, fmt.Errorf("%w: a part of it is wrong: its port, a parameter, or a file that it names", ErrAddress)
	}
	where := place{config}
	if !query.Has("sslmode") {
		if host := where.unencrypted(); host != "" {
			return place{}, fmt.Errorf("%w: %s would be spoken to without encryption: add sslmode=verify-full to the address", ErrUnsafe, host)
		}
	}
	return where, nil
}

// unencrypted names a host on another machine to which a connection might be
// made without TLS: PostgreSQL's own default is to try with, and do without.
func (p place) unencrypted() string {
	config := p.config.ConnConfig
	hosts := []*pgconn.FallbackConfig{{Host: config.Host, TLSConfig: config.TLSConfig}}
	for _, h := range append(hosts, config.Fallbacks...) {
		ip := net.ParseIP(h.Host)
		local := strings.HasPrefix(h.Host, "/") || h.Host == "localhost" || ip != nil && ip.IsLoopback()
		if h.TLSConfig == nil && !local {
			return h.Host
		}
	}
	return ""
}

func (p place) String() string {
	config := p.config.ConnConfig
	hosts := []string{config.Host}
	for _, other := range config.Fallbacks {
		if other.Host != hosts[len(hosts)-1] {
			hosts = append(hosts, other.Host)
		}
	}
	return fmt.Sprintf("database %s on %s", config.Database, strings.Join(hosts, ", "))
}

// open makes a pool of n connections, and the first of them at once.
func (p place) open(ctx context.Context, to purpose, n int) (*handle, error) {
	config := p.config.Copy()
	for _, settings := range []map[string]string{everywhere, to.settings} {
		for name, value := range settings {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	// Of several hosts, the one that takes writes; readers too, for they must
	// find what was just written.
	config.ConnConfig.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	config.MaxConns, config.MinConns, config.MinIdleConns = int32(n), 0, 0
	config.MaxConnLifetime = time.Hour
	config.AfterConnect = to.check
	warnings := new(atomic.Int64)
	config.ConnConfig.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		if notice.SeverityUnlocalized == "WARNING" {
			warnings.Add(1)
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("postgres: %s: %w", p, err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, p.unreached(err)
	}
	return newHandle(pool, n, warnings), nil
}

// unreached drops the driver's preface from an error, which names the role.
func (p place) unreached(err error) error {
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		err = errors.Unwrap(connect)
	}
	return fmt.Errorf("postgres: %s: %w", p, err)
}
