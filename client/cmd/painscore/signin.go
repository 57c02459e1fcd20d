package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/painscore/painscore/client"
)

// signIn are the flags by which a command tells the server who calls. Against a
// painscored on this machine that nobody has configured none is needed.
type signIn struct {
	ca, cert, key, tokenFile string
	user, asUnit, purpose    string
}

func (s *signIn) flags(cmd *cobra.Command) {
	for _, flag := range []struct {
		value           *string
		name, env, what string
	}{
		{&s.ca, "ca", envCA, "file of the authorities of the server's certificate"},
		{&s.cert, "cert", envCert, "file of the client certificate to sign in with"},
		{&s.key, "key", envKey, "file of the client certificate's key"},
		{&s.tokenFile, "token-file", envTokenFile, "file of the token to sign in with; on this machine painscored's own is found"},
		{&s.user, "user", envUser, "HSA-id of the user for whom you call"},
		{&s.asUnit, "as-unit", envAsUnit, "HSA-id of the care unit on whose commission you call, if it is not the one of the data"},
		{&s.purpose, "purpose", envPurpose, "why: care, quality, other_legal, statistics, administration or registry"},
	} {
		cmd.Flags().StringVar(flag.value, flag.name, "", flag.what+" (default $"+flag.env+")")
	}
}

// options are the client's. Encryption is on as soon as anything asks for it:
// an authority, a certificate, or a token named for another machine.
func (s *signIn) options(cmd *cobra.Command, addr string) ([]client.Option, error) {
	ca, cert, key := orEnv(s.ca, envCA), orEnv(s.cert, envCert), orEnv(s.key, envKey)
	token, local := orEnv(s.tokenFile, envTokenFile), client.LocalToken(addr)
	var options []client.Option
	if ca+cert+key != "" || token != "" && !client.Loopback(addr) {
		secure, err := client.WithCertificate(ca, cert, key)
		if err != nil {
			return nil, err
		}
		options = append(options, secure)
	}
	switch {
	case token != "":
		options = append(options, client.WithTokenFile(token))
	case cert == "" && local != "":
		options = append(options, client.WithTokenFile(local))
	}
	if user := orEnv(s.user, envUser); user != "" {
		options = append(options, client.WithUser(user))
	}
	if unit := s.unit(cmd); unit != "" {
		options = append(options, client.WithUnit(unit))
	}
	if purpose := orEnv(s.purpose, envPurpose); purpose != "" {
		options = append(options, client.WithPurpose(purpose))
	}
	return options, nil
}

// unit is the one whose commission it is: mostly that of the data. A command
// without one unit of data, such as a re-scoring, says none by itself.
func (s *signIn) unit(cmd *cobra.Command) string {
	if unit := orEnv(s.asUnit, envAsUnit); unit != "" {
		return unit
	}
	if flag := cmd.Flags().Lookup("unit"); flag != nil && flag.Value.Type() == "string" {
		return unitOf(flag.Value.String())
	}
	return ""
}

func orEnv(flag, env string) string {
	if flag != "" {
		return flag
	}
	return os.Getenv(env)
}
