import Testing
import TransportCore
import URLTemplate

@Suite struct URLPathTemplateTests {
    @Test(
        "the name stands wherever the template puts it",
        arguments: [
            ("https://bar.foo.com/{function.name}", "https://bar.foo.com/greeter"),
            ("https://bar.foo.com:8080/{function.name}", "https://bar.foo.com:8080/greeter"),
            ("http://{function.name}.svc.local/", "http://greeter.svc.local/"),
            ("http://{function.name}", "http://greeter/"),
            ("http://{function.name}/{function.name}?f={function.name}", "http://greeter/greeter?f=greeter"),
            ("http://h/{function.name}{function.name}", "http://h/greetergreeter"),
            ("http://h?{function.name}", "http://h/?greeter"),
            ("http://h/a-{function.name}-b/c", "http://h/a-greeter-b/c"),
            ("http://h/x#{function.name}", "http://h/x"),
            ("HTTP://H/{function.name}", "http://h/greeter"),
            ("http://[::1]:8080/{function.name}", "http://[::1]:8080/greeter"),
            ("http+unix:///run/{function.name}.sock/{function.name}", "http+unix:///run/greeter.sock/greeter"),
            ("https+unix:///run/app.sock/{function.name}", "https+unix:///run/app.sock/greeter"),
        ]
    )
    func substitution(template: String, url: String) throws {
        let template = try URLPathTemplate(specText: template)
        #expect(template.dependsOnFunction)
        #expect(try template.resolve(functionName: "greeter").description == url)
    }

    @Test("a name can be a port, or the end of one")
    func port() throws {
        #expect(try URLPathTemplate(specText: "http://h:{function.name}/").resolve(functionName: "8081").port == 8081)
        #expect(try URLPathTemplate(specText: "http://h:80{function.name}/").resolve(functionName: "9").port == 809)
    }

    @Test("without a placeholder every function has the same URL", arguments: ["greeter", "", "..", "a b"])
    func noPlaceholder(name: String) throws {
        let template = try URLPathTemplate(specText: "http://h/statefun?x=1")
        #expect(!template.dependsOnFunction)
        #expect(try template.resolve(functionName: name).description == "http://h/statefun?x=1")
    }

    @Test(
        "a name that is not URL-safe is percent-encoded",
        arguments: [
            ("AZaz09-._~", "AZaz09-._~"),
            ("my func", "my%20func"),
            ("a/b", "a%2Fb"),
            ("a?b#c&d=e", "a%3Fb%23c%26d%3De"),
            ("100%", "100%25"),
            ("%41", "%2541"),
            ("größe", "gr%C3%B6%C3%9Fe"),
            ("👋", "%F0%9F%91%8B"),
            ("{function.name}", "%7Bfunction.name%7D"),
            ("a\r\nHost: x", "a%0D%0AHost%3A%20x"),
            ("!*'();:@+$,[]", "%21%2A%27%28%29%3B%3A%40%2B%24%2C%5B%5D"),
            ("...", "..."),
            (".hidden", ".hidden"),
        ]
    )
    func percentEncoding(name: String, encoded: String) throws {
        let url = try URLPathTemplate(specText: "http://h/{function.name}?n={function.name}").resolve(functionName: name)
        #expect(url.pathAndQuery == "/\(encoded)?n=\(encoded)")
    }

    @Test(
        "what the template itself writes is kept as written",
        arguments: ["http://h/%2f%C3%A9/a//b/./../c?x=%20/{function.name}"]
    )
    func literalText(template: String) throws {
        let url = try URLPathTemplate(specText: template).resolve(functionName: "f")
        #expect(url.description == "http://h/%2f%C3%A9/a//b/./../c?x=%20/f")
    }

    @Test(
        "a name never becomes a dot segment",
        arguments: [
            ("http://h/{function.name}", "."), ("http://h/{function.name}", ".."), ("http://h/a/{function.name}/b", ".."),
            ("http://h/.{function.name}", "."), ("http://h/{function.name}{function.name}", "."), ("http://h/%2e{function.name}?x", "."),
            ("http+unix:///run/{function.name}/a.sock", ".."),
        ]
    )
    func dotSegments(template: String, name: String) throws {
        let template = try URLPathTemplate(specText: template)
        let error = try #require(throws: SpecTextError.self) { try template.resolve(functionName: name) }
        #expect(error.message == "with the function's name '\(name)' the path leads to another folder")
        #expect(error.length == 15)
    }

    @Test(
        "dots beside other text, or in the query, are only dots",
        arguments: [
            ("http://h/a{function.name}", "..", "/a.."), ("http://h/?{function.name}", "..", "/?.."),
            ("http://h/../{function.name}", "x", "/../x"),
            ("http://h/{function.name}.", "..", "/..."),
        ]
    )
    func harmlessDots(template: String, name: String, pathAndQuery: String) throws {
        #expect(try URLPathTemplate(specText: template).resolve(functionName: name).pathAndQuery == pathAndQuery)
    }

    @Test(
        "a name that the host or the port cannot hold is refused, with its place in the template",
        arguments: [
            ("http://{function.name}.svc/", "a b", "a host name cannot hold '%'", 7),
            ("http://{function.name}.svc/", "a/b", "a host name cannot hold '%'", 7),
            ("http://{function.name}.svc/", "evil@me", "a host name cannot hold '%'", 7),
            ("http://{function.name}.svc/", "h:1", "a host name cannot hold '%'", 7),
            ("http://{function.name}.svc/", "a~b", "a host name cannot hold '~'", 7),
            ("http://{function.name}.svc/", "größe", "a host name cannot hold '%'", 7),
            ("http://{function.name}.svc/", ".", "'..svc' is not a host name", 7),
            ("http://x.{function.name}/", "..", "'x...' is not a host name", 9),
            ("https://h:{function.name}/", "http", "'http' is not a port", 10),
            ("https://h:{function.name}/", "0", "'0' is not a port", 10),
            ("https://h:{function.name}/", "70000", "'70000' is not a port", 10),
            ("http://h/{function.name}", "", "a function without a name has no URL", 9),
        ]
    )
    func refusedNames(template: String, name: String, message: String, offset: Int) throws {
        let template = try URLPathTemplate(specText: template)
        let error = try #require(throws: SpecTextError.self) { try template.resolve(functionName: name) }
        #expect(error.message.hasSuffix(message))
        #expect(error.offset == offset)
        #expect(error.length == 15)
    }

    @Test("a very long name does not make a very long message")
    func boundedMessage() throws {
        let template = try URLPathTemplate(specText: "http://h:{function.name}/{function.name}")
        let error = try #require(throws: SpecTextError.self) {
            try template.resolve(functionName: "x" + String(repeating: "/", count: 300))
        }
        #expect(error.message.prefix(300).contains("…'"))
    }

    @Test(
        "another placeholder or a lone brace is refused with what exists",
        arguments: [
            ("http://h/{foo}", "'{foo}' is not a placeholder", 9, 5),
            ("http://h/{function.nam}", "'{function.nam}' is not a placeholder", 9, 14),
            ("http://h/{function.name}/{function.id}", "'{function.id}' is not a placeholder", 25, 13),
            ("http://h/{ function.name }", "'{ function.name }' is not a placeholder", 9, 17),
            ("http://h/{Function.Name}", "'{Function.Name}' is not a placeholder", 9, 15),
            ("http://h/{}", "'{}' is not a placeholder", 9, 2),
            ("http://h/{\u{1B}[2J}", "this is not a placeholder", 9, 6),
            ("http://h/{function.name", "no '}' belongs to this '{'", 9, 1),
            ("http://h/{{function.name}}", "no '}' belongs to this '{'", 9, 1),
            ("http://h/{function.name}}", "no '{' belongs to this '}'", 24, 1),
            ("http://h/}", "no '{' belongs to this '}'", 9, 1),
            ("{", "no '}' belongs to this '{'", 0, 1),
        ]
    )
    func placeholders(template: String, message: String, offset: Int, length: Int) throws {
        let error = try #require(throws: SpecTextError.self) { try URLPathTemplate(specText: template) }
        #expect(error.message == message)
        #expect(error.offset == offset)
        #expect(error.length == length)
        #expect(error.remedy.contains("{function.name}"))
    }

    @Test(
        "a template is checked when it is read, and the error points into it",
        arguments: [
            ("", "'' has no scheme", 0, 1),
            ("{function.name}", "'{function.name}' has no scheme", 0, 15),
            ("h/{function.name}", "'h/{function.name}' has no scheme", 0, 17),
            ("{function.name}://h/", "the scheme cannot depend on the function", 0, 15),
            ("http{function.name}://h/", "the scheme cannot depend on the function", 4, 15),
            ("ftp://h/{function.name}", "the scheme 'ftp' is not supported", 0, 3),
            ("http:///{function.name}", "the URL names no host", 7, 1),
            ("http://h:0/{function.name}", "'0' is not a port", 9, 1),
            ("http://{function.name}:65536/", "'65536' is not a port", 23, 5),
            ("http://h:6553{function.name}{function.name}/", "with a function named '1', '655311' is not a port", 9, 34),
            ("http://h:{function.name}x/", "with a function named '1', '1x' is not a port", 9, 16),
            ("http://{function.name}!.svc/", "a host name cannot hold '!'", 22, 1),
            ("http://me@{function.name}/", "a URL here holds no user name or password", 7, 18),
            ("http://h/{function.name}/%zz", "'%' is not followed by two hexadecimal digits", 25, 1),
            ("http://h/%{function.name}", "'%' is not followed by two hexadecimal digits", 9, 1),
            ("http://h/{function.name} x", "a URL cannot hold the character U+0020", 24, 1),
            ("http+unix://{function.name}.sock/x", "a UNIX socket has no host", 12, 20),
        ]
    )
    func checkedWhenRead(template: String, message: String, offset: Int, length: Int) throws {
        let error = try #require(throws: SpecTextError.self) { try URLPathTemplate(specText: template) }
        #expect(error.message.contains(message))
        #expect(error.offset == offset)
        #expect(error.length == length)
    }

    @Test("a template is its text", arguments: ["HTTP://h/{function.name}#x", "http://h"])
    func specText(text: String) throws {
        let template = try URLPathTemplate(specText: text)
        #expect(template.specText == text)
        #expect(try URLPathTemplate(specText: template.specText) == template)
    }

    @Test("the scheme is known without a function")
    func scheme() throws {
        #expect(try URLPathTemplate(specText: "HTTPS://{function.name}/").scheme == .https)
        #expect(try URLPathTemplate(specText: "http+unix:///a.sock").scheme == .httpUnix)
    }
}
