package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/painscore/painscore/client"
)

// Environment variables that stand in for flags.
const (
	envAddr      = "PAINSCORE_ADDR"
	envUnit      = "PAINSCORE_UNIT"
	envPatient   = "PAINSCORE_PATIENT"
	envCA        = "PAINSCORE_CA"
	envCert      = "PAINSCORE_CERT"
	envKey       = "PAINSCORE_KEY"
	envTokenFile = "PAINSCORE_TOKEN_FILE"
	envUser      = "PAINSCORE_USER"
	envAsUnit    = "PAINSCORE_AS_UNIT"
	envPurpose   = "PAINSCORE_PURPOSE"
)

const defaultAddr = "127.0.0.1:7443"

// connection are the flags of the commands that call a server.
type connection struct {
	addr    string
	timeout time.Duration
	json    bool
	signIn  signIn
}

func (c *connection) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&c.addr, "addr", "", "address of the server, host:port (default $"+envAddr+", else "+defaultAddr+")")
	cmd.Flags().DurationVar(&c.timeout, "timeout", client.DefaultTimeout, "how long a call may take, retries included")
	cmd.Flags().BoolVar(&c.json, "json", false, "print JSON for programs, one value per line")
	c.signIn.flags(cmd)
}

// call connects, runs do, and hangs up. Ctrl-C ends the call in an orderly way.
func (c *connection) call(cmd *cobra.Command, do func(context.Context, *client.Client) error) error {
	addr := c.addr
	if addr == "" {
		addr = os.Getenv(envAddr)
	}
	if addr == "" {
		addr = defaultAddr
	}
	if c.timeout <= 0 {
		return errors.New("--timeout must be above 0")
	}
	options, err := c.signIn.options(cmd, addr)
	if err != nil {
		return err
	}
	server, err := client.Dial(addr, append(options, client.WithTimeout(c.timeout))...)
	if errors.Is(err, client.ErrPlaintext) {
		return errors.New("--addr: painscored answers on its own machine only, unless it asks to sign in: then give --ca, --cert and --key, or --token-file;" +
			" or forward the port: ssh -L 7443:127.0.0.1:7443 HOST")
	}
	if err != nil {
		return err
	}
	defer server.Close()
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt)
	defer stop()
	return do(ctx, server)
}

// printJSON prints a message on one line, with the field names of the contract
// and every field that is not part of an unset message.
func printJSON(w io.Writer, m proto.Message) error {
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(m)
	if err != nil {
		return outputError(err)
	}
	var line bytes.Buffer
	if err := json.Compact(&line, text); err != nil { // protojson varies its spaces on purpose
		return outputError(err)
	}
	line.WriteByte('\n')
	_, err = w.Write(line.Bytes())
	return outputError(err)
}

// unitFlag is the care unit, which a site sets once in its environment.
func unitFlag(cmd *cobra.Command, unit *string) {
	cmd.Flags().StringVar(unit, "unit", "", "HSA-id of the care unit (default $"+envUnit+")")
}

func unitOf(flag string) string {
	if flag != "" {
		return flag
	}
	return os.Getenv(envUnit)
}
