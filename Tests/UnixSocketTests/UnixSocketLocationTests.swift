import Testing
import TransportCore
import UnixSocket

@Suite struct UnixSocketLocationTests {
    @Test(
        "the first part that ends in .sock ends the socket, the rest is the request as written",
        arguments: [
            ("http+unix:///uds.sock/path/of/url", "/uds.sock", "/path/of/url"),
            ("https+unix:///uds.sock/path/of/url", "/uds.sock", "/path/of/url"),
            ("http+unix:///run/greeter.sock", "/run/greeter.sock", "/"),
            ("http+unix:///run/greeter.sock/", "/run/greeter.sock", "/"),
            ("http+unix:///run/greeter.sock?a=b", "/run/greeter.sock", "/?a=b"),
            ("http+unix:///run/greeter.sock/x?a=/b.sock", "/run/greeter.sock", "/x?a=/b.sock"),
            ("http+unix:///a.sock/b.sock/c", "/a.sock", "/b.sock/c"),
            ("http+unix:///a.sock.d/b.sock/c", "/a.sock.d/b.sock", "/c"),
            ("http+unix:///a.sock//c/", "/a.sock", "//c/"),
            ("http+unix:///a.sock/%7e%2Fb%20c", "/a.sock", "/%7e%2Fb%20c"),
            ("http+unix:///.sock/x", "/.sock", "/x"),
            ("http+unix:////run///a.sock/x", "/run/a.sock", "/x"),
            ("http+unix:///my%20dir/gr%C3%B6%C3%9Fe.sock/x", "/my dir/größe.sock", "/x"),
            ("http+unix:///a%2Esock/x", "/a.sock", "/x"),
            ("http+unix:///a%2525.sock/x", "/a%25.sock", "/x"),
            ("http+unix:///a%3Fb.sock/x", "/a?b.sock", "/x"),
        ]
    )
    func finding(url: String, socketPath: String, requestTarget: String) throws {
        let location = try UnixSocketLocation(EndpointURL(parsing: url))
        #expect(location.socketPath == socketPath)
        #expect(location.requestTarget == requestTarget)
    }

    @Test(
        "a path without a socket is refused with its place and the way to write it",
        arguments: [
            "http+unix:///", "http+unix:///run/app/path", "http+unix:///a.socket/x", "http+unix:///a.SOCK/x", "http+unix:///x?y=/a.sock",
            "http+unix://?/a.sock",
        ]
    )
    func missing(url: String) throws {
        let error = try #require(throws: SpecTextError.self) { try UnixSocketLocation(EndpointURL(parsing: url)) }
        #expect(error.message.contains("ends in .sock"))
        #expect(error.remedy.contains("http+unix:///run/greeter.sock"))
        #expect(error.offset == 12)
    }

    @Test(
        "what no file can be called is refused",
        arguments: [
            ("http+unix:///run/a%00.sock/x", "the name of a file cannot hold %00", 18),
            ("http+unix:///a/b%2fc.sock", "the name of a file cannot hold an encoded slash", 16),
            ("http+unix:///run/..%2F..%2Fetc.sock", "the name of a file cannot hold an encoded slash", 19),
            ("http+unix:///r/%FF.sock/x", "'%FF.sock' is not UTF-8 when decoded", 15),
        ]
    )
    func undecodable(url: String, message: String, offset: Int) throws {
        let error = try #require(throws: SpecTextError.self) { try UnixSocketLocation(EndpointURL(parsing: url)) }
        #expect(error.message == message)
        #expect(error.offset == offset)
    }

    @Test("encoded bytes after the socket belong to the request and are not looked at")
    func encodedRequest() throws {
        #expect(try UnixSocketLocation(EndpointURL(parsing: "http+unix:///a.sock/%00%2F%FF")).requestTarget == "/%00%2F%FF")
    }

    @Test("a path up to the system's limit is taken, one byte more is refused with both numbers")
    func length() throws {
        let limit = UnixSocketLocation.maximumPathLength
        let longest = "/" + String(repeating: "a", count: limit - 6) + ".sock"
        #expect(try UnixSocketLocation(EndpointURL(parsing: "http+unix://\(longest)/x")).socketPath == longest)
        let error = try #require(throws: SpecTextError.self) { try UnixSocketLocation(EndpointURL(parsing: "http+unix:///a\(longest)/x")) }
        #expect(error.message == "the socket's path has \(limit + 2) bytes, and this system takes \(limit)")
        #expect(error.offset == 12)
        #expect(error.length == limit + 2)
    }

    @Test("the limit counts decoded bytes")
    func decodedLength() throws {
        let path = "/" + String(repeating: "%C3%B6", count: 40) + ".sock"
        #expect(try UnixSocketLocation(EndpointURL(parsing: "http+unix://\(path)")).socketPath.utf8.count == 86)
    }

    #if os(Linux)
        @Test("Linux takes 107 bytes")
        func linuxLimit() {
            #expect(UnixSocketLocation.maximumPathLength == 107)
        }
    #endif

    @Test("a URL of another scheme names no socket", arguments: ["http://h/a.sock/x", "https://h/a.sock"])
    func otherSchemes(url: String) {
        #expect(throws: SpecTextError.self) { try UnixSocketLocation(EndpointURL(parsing: url)) }
    }
}
