// Puts the page into the document.
import { render } from "preact";
import { Page } from "./page";

render(<Page />, document.getElementById("page")!);
