// The stylesheet of both pages, in the order in which its parts go before each other. System fonts, both colour schemes.
import { base } from "./style/base.ts";
import { dialog } from "./style/dialog.ts";
import { forms } from "./style/forms.ts";
import { media } from "./style/media.ts";
import { tables } from "./style/tables.ts";
import { views } from "./style/views.ts";

export const style: string = [base, forms, tables, views, dialog, media].join("\n");
