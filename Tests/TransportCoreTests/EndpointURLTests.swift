import Testing
import TransportCore

@Suite struct EndpointURLTests {
    @Test("the parts of a URL")
    func parts() throws {
        let url = try EndpointURL(parsing: "https://bar.foo.com:8080/greeter?a=b")
        #expect(url.scheme == .https)
        #expect(url.host == "bar.foo.com")
        #expect(url.port == 8080)
        #expect(url.pathAndQuery == "/greeter?a=b")
        #expect(url.hostHeader == "bar.foo.com:8080")
        #expect(url.description == "https://bar.foo.com:8080/greeter?a=b")
    }

    @Test(
        "scheme, host and port take their plain form, the path stays as written",
        arguments: [
            ("http://h", "http://h/"),
            ("http://h/", "http://h/"),
            ("http://h?a=b", "http://h/?a=b"),
            ("http://h#top", "http://h/"),
            ("http://h/a#top", "http://h/a"),
            ("http://h/a?b=/#c?d", "http://h/a?b=/"),
            ("HTTP://FOO.Example/Path", "http://foo.example/Path"),
            ("HtTpS://h:443/", "https://h/"),
            ("http://h:80/", "http://h/"),
            ("https://h:80/", "https://h:80/"),
            ("http://h:443/", "http://h:443/"),
            ("http://h:00081/", "http://h:81/"),
            ("http://h:/x", "http://h/x"),
            ("http://h:65535", "http://h:65535/"),
            ("http://h.example./", "http://h.example./"),
            ("http://my_service-1/", "http://my_service-1/"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
            ("http://[::1]", "http://[::1]/"),
            ("http://[2001:DB8::A]:8080/x", "http://[2001:db8::a]:8080/x"),
            ("http://[::ffff:192.0.2.1]:80", "http://[::ffff:192.0.2.1]/"),
            ("http://h//a///b/../c/./d", "http://h//a///b/../c/./d"),
            ("http://h/%7e%2F%c3%A9?%20=%41", "http://h/%7e%2F%c3%A9?%20=%41"),
            ("http://h/a;b=c,d:e@f!$&'()*+[]", "http://h/a;b=c,d:e@f!$&'()*+[]"),
            ("http+unix:///run/app.sock/path?q", "http+unix:///run/app.sock/path?q"),
            ("HTTPS+UNIX:///run/App.sock", "https+unix:///run/App.sock"),
        ]
    )
    func plainForm(text: String, plain: String) throws {
        let url = try EndpointURL(parsing: text)
        #expect(url.description == plain)
        #expect(try EndpointURL(parsing: url.description) == url)
    }

    @Test("an IPv6 address is kept without its brackets, and sent with them")
    func ipv6() throws {
        let url = try EndpointURL(parsing: "https://[2001:db8::1]:8443/")
        #expect(url.host == "2001:db8::1")
        #expect(url.hostHeader == "[2001:db8::1]:8443")
    }

    @Test(
        "IPv6 addresses in every form",
        arguments: [
            "::", "::1", "1::", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "a::B",
        ]
    )
    func ipv6Forms(address: String) throws {
        #expect(try EndpointURL(parsing: "http://[\(address)]/").host == address.lowercased())
    }

    @Test(
        "what only looks like an IPv6 address is refused",
        arguments: [
            "", ":", "1", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
            "::1.2.3",
            "::1.2.3.256", "::1.2.3.4:5", "1.2.3.4::", "fe80::1%25eth0", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "1:2:3:4:5:6:7:8::",
        ]
    )
    func notIPv6(address: String) throws {
        let error = try #require(throws: SpecTextError.self) { try EndpointURL(parsing: "http://[\(address)]/") }
        #expect(error.message == "'\(address)' is not an IPv6 address")
        #expect(error.offset == 8)
    }

    @Test("a UNIX socket has no host and no port")
    func unix() throws {
        let url = try EndpointURL(parsing: "http+unix:///uds.sock/path/of/url")
        #expect(url.scheme.isUnix)
        #expect(url.host.isEmpty)
        #expect(url.port == 0)
        #expect(url.pathAndQuery == "/uds.sock/path/of/url")
        #expect(url.hostHeader == "localhost")
    }

    @Test("each scheme says whether it is secure, whether it is a socket, and its port")
    func schemes() {
        #expect(EndpointURL.Scheme.allCases.filter(\.isSecure) == [.https, .httpsUnix])
        #expect(EndpointURL.Scheme.allCases.filter(\.isUnix) == [.httpUnix, .httpsUnix])
        #expect(EndpointURL.Scheme.allCases.map(\.defaultPort) == [80, 443, nil, nil])
    }

    @Test(
        "a URL that cannot be called is refused where it goes wrong",
        arguments: [
            ("", "'' has no scheme", 0),
            ("bar.foo.com/x", "'bar.foo.com/x' has no scheme", 0),
            ("http:/h/", "'http:/h/' has no scheme", 0),
            ("://h/", "the scheme '' is not supported", 0),
            ("ftp://h/", "the scheme 'ftp' is not supported", 0),
            ("unix:///run/a.sock", "the scheme 'unix' is not supported", 0),
            ("ws://h/", "the scheme 'ws' is not supported", 0),
            ("http+unix+x://h/", "the scheme 'http+unix+x' is not supported", 0),
            ("http://", "the URL names no host", 7),
            ("http:///path", "the URL names no host", 7),
            ("http://:80/", "the URL names no host", 7),
            ("http://?q", "the URL names no host", 7),
            ("http://h:0/", "'0' is not a port", 9),
            ("http://h:65536/", "'65536' is not a port", 9),
            ("http://h:99999999999999999999/", "'99999999999999999999' is not a port", 9),
            ("http://h:8o/", "'8o' is not a port", 9),
            ("http://h:-1/", "'-1' is not a port", 9),
            ("http://h:+1/", "'+1' is not a port", 9),
            ("http://[::1]:0/", "'0' is not a port", 13),
            ("http://[::1/", "the IPv6 address has no closing bracket", 7),
            ("http://[::1]8080/", "'8080' follows the IPv6 address", 7),
            ("http://::1/", "the host '::1' has more than one colon", 7),
            ("http://h_ost!/", "a host name cannot hold '!'", 12),
            ("http://a%20b/", "a host name cannot hold '%'", 8),
            ("http://h\\x/", "a host name cannot hold '\\'", 8),
            ("http://a..b/", "'a..b' is not a host name", 7),
            ("http://.a/", "'.a' is not a host name", 7),
            ("http://./", "'.' is not a host name", 7),
            ("http://h/%", "'%' is not followed by two hexadecimal digits", 9),
            ("http://h/a%2", "'%' is not followed by two hexadecimal digits", 10),
            ("http://h/?a=%zz", "'%' is not followed by two hexadecimal digits", 12),
            ("http://h/a b", "a URL cannot hold the character U+0020", 10),
            ("http://h/\r\nX: y", "a URL cannot hold the character U+000D", 9),
            ("http://h\u{0}/", "a URL cannot hold the character U+0000", 8),
            ("ht\ttp://h/", "a URL cannot hold the character U+0009", 2),
            ("http://h/caf\u{E9}", "a URL cannot hold the character U+00E9", 12),
            ("http://b\u{FC}cher.example/", "a URL cannot hold the character U+00FC", 8),
            ("http://h/{x}", "a URL cannot hold '{'", 9),
            ("http://h/a|b", "a URL cannot hold '|'", 10),
            ("http://h/?\"", "a URL cannot hold '\"'", 10),
            ("http+unix://run/app.sock", "a UNIX socket has no host, but 'run' stands where a host would", 12),
            ("https+unix://h:1/app.sock", "a UNIX socket has no host, but 'h:1' stands where a host would", 13),
        ]
    )
    func refusals(text: String, message: String, offset: Int) throws {
        let error = try #require(throws: SpecTextError.self) { try EndpointURL(parsing: text) }
        #expect(error.message == message)
        #expect(error.offset == offset)
        #expect(error.length >= 1)
        #expect(!error.remedy.isEmpty)
    }

    @Test(
        "user names and passwords are refused, and not repeated",
        arguments: ["http://me:secret@h/", "http://me@h/", "https://@h/", "http://h\\@evil/"]
    )
    func userInformation(text: String) throws {
        let error = try #require(throws: SpecTextError.self) { try EndpointURL(parsing: text) }
        #expect(error.message.contains("user name or password"))
        #expect(!error.description.contains("secret"))
    }

    @Test("an '@' in path or query is no user name")
    func atSignInPath() throws {
        #expect(try EndpointURL(parsing: "http://h/@me?you@there").host == "h")
    }

    @Test("labels have at most 63 characters and names at most 253")
    func longHosts() throws {
        let label = String(repeating: "a", count: 63)
        #expect(try EndpointURL(parsing: "http://\(label).example/").host.count == 71)
        #expect(throws: SpecTextError.self) { try EndpointURL(parsing: "http://a\(label).example/") }
        let name = [label, label, label, String(repeating: "b", count: 61)].joined(separator: ".")
        #expect(name.count == 253)
        #expect(try EndpointURL(parsing: "http://\(name)/").host == name)
        #expect(try EndpointURL(parsing: "http://\(name)./").host == name + ".")
        #expect(throws: SpecTextError.self) { try EndpointURL(parsing: "http://\(name)b/") }
    }

    @Test("the remedy for a character is its encoded form")
    func encodingRemedy() throws {
        let space = try #require(throws: SpecTextError.self) { try EndpointURL(parsing: "http://h/a b") }
        #expect(space.remedy == "percent-encode it as %20")
        let accent = try #require(throws: SpecTextError.self) { try EndpointURL(parsing: "http://h/\u{E9}") }
        #expect(accent.remedy.hasPrefix("percent-encode it as %C3%A9"))
    }
}
