import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Arrays;

/**
 * Calls the DCC's own validator for many documents in one virtual machine; what it says of each stands on one line.
 *
 * <p>java -cp tool.jar ValidateAll.java (certificate.pem | -) document.xml...
 */
class ValidateAll {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        String certificate = arguments[0];
        for (String document : Arrays.copyOfRange(arguments, 1, arguments.length)) {
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            System.setErr(new PrintStream(said));
            String[] call = certificate.equals("-") ? new String[] {document} : new String[] {document, certificate};
            try {
                uk.co.smartdcc.boxed.xmldsig.Validate.main_aux(call);
            } catch (RuntimeException error) {
                System.err.println("[E] " + error);
            }
            out.println(said.toString("UTF-8").replace("\n", " "));
        }
    }
}
