package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/painscore/painscore/server/access"
	"github.com/painscore/painscore/server/pace"
)

// defaultRate is what one caller may do where sign-in is configured: many times
// what people and nightly imports need, and little enough that a program that
// runs wild leaves room for the others. On one's own machine there is no bound.
var defaultRate = pace.Rate{PerSecond: 1000, Burst: 4000}

// rateConfig bounds how often one caller calls: a system, user and address.
type rateConfig struct {
	PerSecond *float64 `yaml:"per_second"` // 0: no bound
	Burst     *int     `yaml:"burst"`
}

// accessLogConfig says where the access log keeps what is not in the database.
type accessLogConfig struct {
	// Heads is the file of the log's heads; best on a medium that can only be
	// added to. Without it: access-heads.jsonl in the data folder.
	Heads string `yaml:"heads"`
	// ReserveMiB is the room that is kept free for the log on SQLite's disk.
	ReserveMiB *int64 `yaml:"reserve_mib"`
}

// rate is what each caller is held to.
func (c config) rate() pace.Rate {
	rate := pace.Rate{}
	if !c.signIn.Empty() {
		rate = defaultRate
	}
	if c.load.Rate.PerSecond != nil {
		rate = pace.Rate{PerSecond: *c.load.Rate.PerSecond, Burst: int(min(*c.load.Rate.PerSecond*4, 1e9))}
	}
	if c.load.Rate.Burst != nil {
		rate.Burst = *c.load.Rate.Burst
	}
	return rate
}

// headsPath is the file of the access log's heads.
func (c config) headsPath() string {
	if c.load.AccessLog.Heads != "" {
		return c.load.AccessLog.Heads
	}
	return filepath.Join(c.Data, headsFile)
}

// reserve is the room kept for the access log, in bytes.
func (c config) reserve() int64 {
	if c.load.AccessLog.ReserveMiB != nil {
		return *c.load.AccessLog.ReserveMiB << 20
	}
	return access.DefaultReserve
}

// loadSettings are the part of the file about load and room, which has no flag.
type loadSettings struct {
	Rate      rateConfig      `yaml:"rate"`
	AccessLog accessLogConfig `yaml:"access_log"`
}

// check lists what makes no sense.
func (l loadSettings) check() error {
	var problems []error
	if v := l.Rate.PerSecond; v != nil && !(*v >= 0 && *v <= 1e6) {
		problems = append(problems, errors.New("rate: per_second: from 0, which is no bound, to 1000000"))
	}
	if v := l.Rate.Burst; v != nil && (*v < 1 || *v > 1e9) {
		problems = append(problems, errors.New("rate: burst: from 1 to 1000000000"))
	}
	if v := l.AccessLog.ReserveMiB; v != nil && (*v < 1 || *v > 1<<20) {
		problems = append(problems, fmt.Errorf("access_log: reserve_mib: from 1 to %d", 1<<20))
	}
	if v := l.AccessLog.Heads; v != "" && !filepath.IsAbs(v) {
		problems = append(problems, errors.New("access_log: heads: an absolute path"))
	}
	return errors.Join(problems...)
}
