import Testing

@testable import HTTPExchange

@Suite struct CertificateNamesTests {
    @Test(
        "a name covers itself, and with a star the names directly below it",
        arguments: [
            ("foo.com", "foo.com", true), ("Foo.COM", "fOO.com", true), ("foo.com.", "foo.com", true), ("foo.com", "foo.com.", true),
            ("localhost", "localhost", true), ("foo.com", "bar.foo.com", false), ("bar.foo.com", "foo.com", false),
            ("*.foo.com", "bar.foo.com", true), ("*.foo.com", "BAR.Foo.com.", true), ("*.foo.com", "foo.com", false),
            ("*.foo.com", ".foo.com", false), ("*.foo.com", "a.b.foo.com", false), ("*.foo.com", "bar.foo.org", false),
            ("b*.foo.com", "bar.foo.com", false), ("bar.*.com", "bar.foo.com", false), ("*", "localhost", false), ("*", "foo.com", false),
            ("", "", false), ("127.0.0.1", "foo.com", false), ("foo.com\u{0}.evil.org", "foo.com", false),
        ]
    )
    func covers(pattern: String, host: String, expected: Bool) {
        #expect(CertificateNames.covers(Array(pattern.utf8), host: Array(host.utf8)) == expected)
    }
}
