import Testing

@Suite struct PublicTypesTests {
    @Test("public types of the top level are found, whatever stands around them")
    func finding() {
        let source = """
            public import struct Other.Thing
            /// public struct InAComment
            @frozen public struct One<Value> { public struct Nested {} }
            public final class Two {}
            open class Three {}
            public indirect enum Four { case a(One<Int>) }
            public nonisolated struct Five {}
            public protocol Six {}
            public actor Seven {}
            public typealias Eight = Int
            #if os(Linux)
            public enum `Nine` {}
            #endif
            struct Hidden {}
            public func function() { struct Local {} }
            public let value = "public struct InAString {}"
            extension One { public struct AlsoNested {} }
            """
        #expect(PublicTypes.names(in: source) == ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"])
    }
}
