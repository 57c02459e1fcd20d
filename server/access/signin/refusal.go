package signin

import (
	"errors"

	"github.com/painscore/painscore/server/access"
)

// Kinds of refusals besides access.ErrUnauthenticated, to be told apart with
// errors.Is.
var (
	// ErrAssertion: the credential holds, but asserts a user, unit or purpose
	// that it may not, or not in a way that can be understood.
	ErrAssertion = errors.New("signin: asserts what it may not")
	// ErrUnavailable: whether the credential holds cannot be told at the moment,
	// since the issuer's keys cannot be fetched. The same call may be repeated.
	ErrUnavailable = errors.New("signin: the credential cannot be checked at the moment")
	// ErrNoCommission: it is known who signs in to the pages, and nothing that
	// this person could do there.
	ErrNoCommission = errors.New("signin: no commission")
)

// Why says in fixed words why a call was refused. It is fit for a log, a
// counter's name and the caller, as it never quotes what was sent.
type Why string

// Why a credential does not hold.
const (
	NoCredential        Why = "no credential: neither a client certificate nor a bearer token"
	CertificateExpired  Why = "the certificate is out of its time"
	CertificateUnknown  Why = "the certificate belongs to no configured system"
	CertificateManifold Why = "the certificate belongs to more than one configured system"
	BadAuthorization    Why = "the authorization header is not one bearer token"
	TokenTooLong        Why = "the token is too long"
	TokensNotTaken      Why = "no issuer of tokens is configured"
	TokenMalformed      Why = "the token is not a signed JWT of an accepted algorithm"
	TokenSignature      Why = "the token's signature fits none of the issuer's keys"
	TokenIssuer         Why = "the token is of another issuer"
	TokenAudience       Why = "the token is for another audience"
	TokenExpired        Why = "the token has expired"
	TokenNotYet         Why = "the token is not valid yet"
	TokenSystem         Why = "the token belongs to no configured system"
	TokenManifold       Why = "the token belongs to more than one configured system"
	TokenNoPerson       Why = "the token names no person, and its system is one of persons"
	TokenPersonNumber   Why = "the token names the person by a personal identity number; map another claim, such as the HSA-id"
	TokenPerson         Why = "the token names a person, and its system is none of persons"
	CredentialsDisagree Why = "certificate and token belong to different systems"
	LocalElsewhere      Why = "local mode takes calls of this machine only"
	NoLocalToken        Why = "no token: local mode needs the one of the local token file"
	WrongLocalToken     Why = "the token is not the one of the local token file"
)

// Why an assertion is refused.
const (
	AssertedTwice     Why = "user, unit or purpose is asserted twice"
	AssertedText      Why = "user or unit is empty, too long or has characters that are not allowed, or the user is a personal identity number"
	UserNotAllowed    Why = "this credential may not assert another user"
	UnitNotAllowed    Why = "this credential may not assert another unit"
	UnitNotIts        Why = "the unit is none of those that this credential acts for"
	PurposeNotAllowed Why = "this credential may not assert another purpose"
	PurposeUnknown    Why = "the purpose is none of care, quality, other_legal, statistics, administration and registry"

	// IssuerUnreachable is an ErrUnavailable.
	IssuerUnreachable Why = "the issuer's keys cannot be fetched"
)

// Why a sign-in to the pages is refused.
const (
	PagesNotOpen  Why = "nobody signs in to the pages in this way"
	NotBegun      Why = "the sign-in was not begun in this browser, or too long ago"
	IssuerDenied  Why = "the person or the issuer has called the sign-in off"
	IssuerRefused Why = "the issuer has answered with an error"
	CodeRefused   Why = "the issuer does not take the code"
	TokenNonce    Why = "the token is that of another sign-in"
	TokenNoUser   Why = "the token names no user"
	TooWeak       Why = "the sign-in does not reach the level of assurance"
	LinkWrong     Why = "the link is none of this server's"
	LinkOld       Why = "the link is too old, or older than this start of the server"
	LinkUsed      Why = "the link has been used"

	// These are ErrNoCommission.
	NoCommission     Why = "the person has no commission here"
	CommissionNotIts Why = "the commission is none of the person's"

	// These are ErrUnavailable.
	IssuerAway             Why = "the issuer cannot be reached, or answers with what is none of its answers"
	TooManySignIns         Why = "too many sign-ins at once"
	ClientRefused          Why = "the issuer does not take this client, or its secret"
	ClientSecretUnreadable Why = "the file of the client's secret cannot be used"
)

// Refusal is the error of Authenticate.
type Refusal struct {
	// Kind is access.ErrUnauthenticated, ErrAssertion or ErrUnavailable.
	Kind error
	Why  Why
}

func (r *Refusal) Error() string { return r.Kind.Error() + ": " + string(r.Why) }

// Unwrap lets errors.Is see the kind.
func (r *Refusal) Unwrap() error { return r.Kind }

func unauthenticated(why Why) *Refusal { return &Refusal{access.ErrUnauthenticated, why} }
func notAsserted(why Why) *Refusal     { return &Refusal{ErrAssertion, why} }
func unavailable(why Why) *Refusal     { return &Refusal{ErrUnavailable, why} }
