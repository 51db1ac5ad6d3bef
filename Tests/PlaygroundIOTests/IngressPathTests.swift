import HTTPTypes
import RuntimeCore
import Testing

@testable import PlaygroundIO

@Suite struct IngressPathTests {
    @Test(
        "three parts name a function",
        arguments: [
            ("/example/person/Bob", "example/person", "Bob"),
            ("/com.example/person/Bob?now=1", "com.example/person", "Bob"),
            ("/example/person/Bob?a/b=%zz", "example/person", "Bob"),
            ("/example/person/?/", "example/person", ""),
            ("/example/person/b\u{F6}b", "example/person", "b\u{F6}b"),
            ("/example/person/a%2Fb", "example/person", "a/b"),
            ("/example/person/%C3%A9+%20%25", "example/person", "é+ %"),
            ("/example/person/", "example/person", ""),
            ("/ex%61mple/p%65rson/Bob", "example/person", "Bob"),
        ]
    )
    func names(target: String, functionType: String, id: String) throws {
        #expect(try IngressPath.parse(target) == RuntimeAddress(functionType: functionType, id: id))
    }

    @Test(
        "any other path is not found",
        arguments: [
            "", "/", "/example", "/example/person", "/example/person/Bob/", "/example/person/Bob/more", "//person/Bob", "/example//Bob",
            "/a%2Fb/person/Bob", "/example/a%2Fb/Bob", "*", "example/person/Bob", "/example/person?id=/Bob",
        ]
    )
    func notFound(target: String) {
        #expect(status(target) == .notFound)
    }

    @Test(
        "what is not percent-encoded UTF-8 is refused",
        arguments: ["/example/person/%", "/example/person/%4", "/example/person/%zz", "/example/person/%FF"]
    )
    func malformed(target: String) {
        #expect(status(target) == .badRequest)
    }

    private func status(_ target: String) -> HTTPResponse.Status? {
        do throws(HTTPRefusal) {
            _ = try IngressPath.parse(target)
            return nil
        } catch {
            return error.status
        }
    }
}
