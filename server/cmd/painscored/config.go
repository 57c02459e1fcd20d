package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/painscore/painscore/server/access/signin"
	"github.com/painscore/painscore/server/clinic"
	"github.com/painscore/painscore/server/identity"
	"github.com/painscore/painscore/server/registry/delivery"
	"github.com/painscore/painscore/server/review"
	"github.com/painscore/painscore/server/store"
)

// version is set by the linker for a release.
var version = "0.1.0-dev"

// config is what the program runs with, defaults filled in.
type config struct {
	Data string
	// Store is the address of a PostgreSQL database; empty: SQLite in Data.
	Store string
	// ErasureJournal is the file of package erasures.
	ErasureJournal string
	GRPC           string
	Web            string
	Metrics        string
	Demo           bool
	Instruments    string
	Log            string
	site           siteConfig
	load           loadSettings
	signIn         signin.Config

	// Where the keys come from, if not from Data; see keys_source.go.
	givenKeys     *identity.Keyring
	givenKeysFile string
}

// siteConfig is the part of the file that has no flag.
type siteConfig struct {
	ValueSets      map[string][]string     `yaml:"value_sets"`
	ConfirmLayouts map[string][]string     `yaml:"confirm_layouts"`
	Windows        map[string]windowConfig `yaml:"windows"`
	CareProvider   string                  `yaml:"care_provider"`
	CareProviderOf map[string]string       `yaml:"care_provider_of"`
	// Recipients are those to whom data may be handed over.
	Recipients []delivery.Recipient `yaml:"recipients"`
	// Headings order a patient's page, by care unit.
	Headings map[string][]review.Heading `yaml:"headings"`
	// ItemTexts is a file of texts of items, of a site that may show them.
	ItemTexts string `yaml:"item_texts"`
}

// windowConfig overrides when a form of an occasion is on time, in days from
// its anchor date. A window that was set by "painscored settings" wins over it.
type windowConfig struct {
	From *int `yaml:"from"`
	To   *int `yaml:"to"`
}

// fileConfig is the --config file. A key it does not know is refused.
type fileConfig struct {
	Data           *string      `yaml:"data"`
	Store          *string      `yaml:"store"`
	ErasureJournal *string      `yaml:"erasure-journal"`
	GRPC           *string      `yaml:"grpc"`
	Web            *string      `yaml:"web"`
	Metrics        *string      `yaml:"metrics"`
	Demo           *bool        `yaml:"demo"`
	Instruments    *string      `yaml:"instruments"`
	Log            *string      `yaml:"log"`
	Site           siteConfig   `yaml:",inline"`
	Load           loadSettings `yaml:",inline"`
	// SignIn says who may call. Without it only this machine may.
	SignIn signin.Config `yaml:"sign_in"`
}

// setting is one setting with a flag, an environment variable and a default.
type setting struct {
	name    string // of the flag; the key in the file is the same
	env     string
	what    string
	isBool  bool
	isFile  bool // the --config file itself, which no file can name
	preset  func(cfg *config, getenv func(string) string) (string, error)
	presets string // the default in words, for the help text
	put     func(cfg *config, value string) error
	inFile  func(f *fileConfig) *string
}

func (s setting) help() string {
	return fmt.Sprintf("%s (default %s; $%s)", s.what, s.presets, s.env)
}

const (
	defaultGRPC = "127.0.0.1:7443"
	defaultWeb  = "127.0.0.1:7080"
)

func fixed(value string) func(*config, func(string) string) (string, error) {
	return func(*config, func(string) string) (string, error) { return value, nil }
}

// settings are in the order in which they are resolved: the data folder's
// default depends on demo.
var settings = []setting{
	{
		name: "demo", env: "PAINSCORE_DEMO", what: "serve a store of synthetic patients, in a folder of its own", isBool: true,
		presets: "false", preset: fixed("false"),
		put: func(cfg *config, v string) (err error) {
			if cfg.Demo, err = strconv.ParseBool(v); err != nil {
				return errors.New("true or false")
			}
			return nil
		},
		inFile: func(f *fileConfig) *string { return boolText(f.Demo) },
	},
	{
		name: "data", env: "PAINSCORE_DATA", what: "folder of the database and the key file",
		presets: "painscore in the user's data directory, with --demo painscore-demo", preset: defaultData,
		put:    func(cfg *config, v string) error { cfg.Data = v; return nil },
		inFile: func(f *fileConfig) *string { return f.Data },
	},
	{
		name: "store", env: "PAINSCORE_STORE", what: "where the data are kept: sqlite is a file in the data folder, postgres://… a PostgreSQL database",
		presets: "sqlite", preset: fixed("sqlite"), put: putStore,
		inFile: func(f *fileConfig) *string { return f.Store },
	},
	{
		name: "erasure-journal", env: "PAINSCORE_ERASURE_JOURNAL", what: "file that keeps, outside the database, who was erased",
		presets: "erasures.journal in the data folder", preset: defaultErasureJournal,
		put:    func(cfg *config, v string) error { cfg.ErasureJournal = v; return nil },
		inFile: func(f *fileConfig) *string { return f.ErasureJournal },
	},
	{
		name: "grpc", env: "PAINSCORE_GRPC", what: "address of the gRPC service; other than loopback only with sign_in in the --config file",
		presets: defaultGRPC, preset: fixed(defaultGRPC),
		put:    func(cfg *config, v string) error { cfg.GRPC = v; return signin.CheckListen([]string{v}, cfg.signIn) },
		inFile: func(f *fileConfig) *string { return f.GRPC },
	},
	{
		name: "web", env: "PAINSCORE_WEB", what: "address of the pages; other than loopback only with sign_in in the --config file",
		presets: defaultWeb, preset: fixed(defaultWeb),
		put:    func(cfg *config, v string) error { cfg.Web = v; return signin.CheckListen([]string{v}, cfg.signIn) },
		inFile: func(f *fileConfig) *string { return f.Web },
	},
	{
		name: "metrics", env: "PAINSCORE_METRICS", what: "address of /metrics, /livez and /readyz, which anybody who reaches it may read; off is none",
		presets: defaultMetrics, preset: fixed(defaultMetrics),
		put:    func(cfg *config, v string) error { cfg.Metrics = v; return nil },
		inFile: func(f *fileConfig) *string { return f.Metrics },
	},
	{
		name: "instruments", env: "PAINSCORE_INSTRUMENTS", what: "folder of further instrument definitions (*.yaml)",
		presets: "none", preset: fixed(""),
		put:    func(cfg *config, v string) error { cfg.Instruments = v; return nil },
		inFile: func(f *fileConfig) *string { return f.Instruments },
	},
	{
		name: "log", env: "PAINSCORE_LOG", what: "lowest level that is logged: debug, info, warn or error",
		presets: "info", preset: fixed("info"),
		put: func(cfg *config, v string) error {
			cfg.Log = v
			if !slices.Contains([]string{"debug", "info", "warn", "error"}, v) {
				return errors.New("debug, info, warn or error")
			}
			return nil
		},
		inFile: func(f *fileConfig) *string { return f.Log },
	},
	{
		name: "config", env: "PAINSCORE_CONFIG", what: "YAML file with any of these settings and the site's own", isFile: true,
		presets: "none", preset: fixed(""),
	},
}

func boolText(b *bool) *string {
	if b == nil {
		return nil
	}
	text := strconv.FormatBool(*b)
	return &text
}

// loadConfig resolves every setting and lists all that is wrong with them.
func loadConfig(flag func(name string) (value string, given bool), getenv func(string) string) (config, error) {
	given := func(s setting) (string, string, bool) {
		if v, ok := flag(s.name); ok {
			return v, "--" + s.name, true
		}
		if v := getenv(s.env); v != "" {
			return v, "$" + s.env, true
		}
		return "", "", false
	}
	file := &fileConfig{}
	fileName := ""
	if name, _, ok := given(settings[len(settings)-1]); ok {
		var err error
		if file, err = readConfig(name); err != nil {
			return config{}, err
		}
		fileName = name
	}
	cfg := config{site: file.Site, load: file.Load, signIn: file.SignIn} // which addresses are allowed depends on sign-in
	var problems []error
	if err := cfg.signIn.Check(); err != nil {
		problems = append(problems, fmt.Errorf("%s: sign_in: %w", fileName, err))
	}
	if err := cfg.load.check(); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", fileName, err))
	}
	for _, s := range settings {
		if s.isFile {
			continue
		}
		value, from, ok := given(s)
		if v := s.inFile(file); !ok && v != nil {
			value, from, ok = *v, fileName+": "+s.name, true
		}
		if !ok {
			var err error
			if value, err = s.preset(&cfg, getenv); err != nil {
				problems = append(problems, err)
				continue
			}
		}
		if err := s.put(&cfg, value); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", from, err))
		}
	}
	if err := signin.CheckListenPages(cfg.Web, cfg.signIn); err != nil && !cfg.signIn.Empty() { // CheckListen has said it already
		problems = append(problems, fmt.Errorf("%s: sign_in: %w", fileName, err))
	}
	if _, err := cfg.windows(); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", fileName, err))
	}
	if _, err := cfg.careProviders(); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", fileName, err))
	}
	if err := delivery.Check(cfg.site.Recipients); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", fileName, err))
	}
	if err := review.CheckHeadings(cfg.site.Headings); err != nil {
		problems = append(problems, fmt.Errorf("%s: headings: %w", fileName, err))
	}
	if err := cfg.takeKeys(getenv); err != nil {
		problems = append(problems, err)
	}
	return cfg, errors.Join(problems...)
}

// readConfig decodes the file strictly: an unknown key is a mistake that would
// otherwise stay silent.
func readConfig(name string) (*fileConfig, error) {
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	file := &fileConfig{}
	err = yaml.NewDecoder(bytes.NewReader(body), yaml.Strict()).Decode(file)
	if err != nil && !errors.Is(err, io.EOF) { // an empty file sets nothing
		return nil, fmt.Errorf("%s: %s", name, strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	return file, nil
}

// defaultData is where the database lies unless told otherwise.
func defaultData(cfg *config, getenv func(string) string) (string, error) {
	base := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(base) { // the XDG rules ignore a relative one
		home := getenv("HOME")
		if home == "" {
			return "", errors.New("--data: no home folder to put the data in; name a folder")
		}
		base = filepath.Join(home, ".local", "share")
	}
	if cfg.Demo {
		return filepath.Join(base, "painscore-demo"), nil
	}
	return filepath.Join(base, "painscore"), nil
}

// defaultErasureJournal is beside the database, where it is found without a
// setting. On another medium it also outlives the loss of this one.
func defaultErasureJournal(cfg *config, _ func(string) string) (string, error) {
	return filepath.Join(cfg.Data, "erasures.journal"), nil
}

// windows lays the file's windows over the defaults.
func (c config) windows() (clinic.Windows, error) {
	windows := clinic.DefaultWindows()
	var problems []error
	for name, w := range c.site.Windows {
		window, ok := windows[store.Occasion(name)]
		if !ok {
			problems = append(problems, fmt.Errorf("windows: no occasion %s with a window; baseline, programme_end and follow_up_12_months have one", strconv.Quote(name)))
			continue
		}
		if w.From != nil {
			window.From = *w.From
		}
		if w.To != nil {
			window.To = *w.To
		}
		if window.From > window.To {
			problems = append(problems, fmt.Errorf("windows: %s: from (%d) lies after to (%d)", name, window.From, window.To))
		}
		windows[store.Occasion(name)] = window
	}
	return windows, errors.Join(problems...)
}
