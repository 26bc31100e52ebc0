package doctor

import "wshealthz/upgrade"

// A symptom is a kind of unhealthy verdict, by what may cure it.
type symptom uint8

const (
	incurable        symptom = iota // by settings that can be guessed: 401, 429, a server that breaks the protocol
	unreached                       // no connection
	wrongScheme                     // plain HTTP where TLS is wanted, or the other way round
	wrongCertificate                // the certificate was refused
	silent                          // no HTTP response
	redirected                      // a redirect
	missing                         // 404 or a page
	refused                         // 400 or 426
	forbidden                       // 403
	unknownHost                     // 421
	failed                          // 500 or 501: some servers answer this to a handshake without their subprotocol
	proxyFailed                     // 502, 503 or 504
	wrongSubprotocol                // a 101 with none, or with one that was not offered
	wrongUpgrade                    // a 101 that is wrong otherwise
	wrongSession                    // the handshake was right, what followed was not
	refusedSession                  // in the protocol's own terms
	symptomCount     = iota
)

// cures holds what to try for each symptom, the likeliest and cheapest first.
var cures = [symptomCount][]cure{
	unreached:        {otherScheme},
	wrongScheme:      {otherScheme, serverNames},
	wrongCertificate: {certificates},
	silent:           {otherScheme, hosts, queryPaths, variants, subprotocols, wellKnownPaths, origins, userAgent, forwardedProto, hostsAndOrigin, asBrowser},
	redirected:       {redirect, forwardedProto, hosts, variants, wellKnownPaths, userAgent, asBrowser},
	missing:          {variants, wellKnownPaths, hosts, origins, forwardedProto, userAgent, subprotocols, hostsAndOrigin, asBrowser},
	refused:          {variants, commonPaths, subprotocols, hosts, origins, forwardedProto, userAgent, wellKnownPaths, hostsAndOrigin, asBrowser},
	forbidden:        {origins, hosts, forwardedProto, userAgent, variants, wellKnownPaths, subprotocols, hostsAndOrigin, asBrowser},
	unknownHost:      {hosts},
	failed:           {subprotocols, origins, hosts, forwardedProto, userAgent, variants, wellKnownPaths, hostsAndOrigin, asBrowser},
	proxyFailed:      {hosts, forwardedProto, wellKnownPaths},
	wrongSubprotocol: {subprotocols},
	wrongUpgrade:     {hosts, variants, wellKnownPaths},
	refusedSession:   {subprotocols},
	wrongSession:     {subprotocols, origins, variants, hosts, userAgent, wellKnownPaths, hostsAndOrigin, asBrowser},
}

// reasonSymptoms holds the symptom of each reason that needs no further evidence.
var reasonSymptoms = map[upgrade.Reason]symptom{
	upgrade.Refused: unreached, upgrade.Unreachable: unreached, upgrade.DialTimeout: unreached,
	upgrade.BadTLS: wrongScheme, upgrade.TLSTimeout: wrongScheme, upgrade.BadCertificate: wrongCertificate,
	upgrade.HungUp: silent, upgrade.NotHTTP: silent, upgrade.UpgradeTimeout: silent,
	upgrade.BadSubprotocol: wrongSubprotocol, upgrade.BadHeader: wrongUpgrade, upgrade.BadAccept: wrongUpgrade, upgrade.BadExtension: incurable,
	upgrade.ClosedEarly: wrongSession, upgrade.BadFrame: incurable, upgrade.WrongReply: wrongSession,
	upgrade.RefusedByProtocol: refusedSession, upgrade.ReplyTimeout: wrongSession,
}

// statusSymptoms holds the symptom of each status that is not told by its class.
var statusSymptoms = map[int]symptom{
	401: incurable, 407: incurable, 429: incurable, 403: forbidden, 421: unknownHost,
	404: missing, 405: missing, 410: missing, 500: failed, 501: failed,
}

func (st *state) symptomOf() symptom {
	switch status := st.answer.status; {
	case st.wantsTLS() && st.answer.location == nil:
		return wrongScheme
	case st.verdict.Reason != upgrade.BadStatus:
		return reasonSymptoms[st.verdict.Reason]
	case status/100 == 3:
		return redirected
	case status/100 == 2:
		return missing
	case status/100 == 4, status == 500, status == 501:
		if symptom, found := statusSymptoms[status]; found {
			return symptom
		}
		return refused
	case status/100 == 5:
		return proxyFailed
	}
	return missing
}
